import { reasonOf } from "../../router/reasoned-error.js";
import type { Caller } from "../../shared/caller.js";
import type { ErrorReason } from "../../shared/error-reason.js";
import { REFUSAL_REASON_HEADER } from "../../shared/socket-request.js";
import { AccountSuspended, SessionEnded } from "../lifecycle/caller-errors.js";
import type { SocketCapability } from "../sockets/socket-capability.js";

/** Returns the response that refuses the socket of a caller; `undefined` if the caller may open it. */
export async function upgradeRefusal(capability: SocketCapability, caller: Caller): Promise<Response | undefined> {
  try {
    await capability.resolveAccess?.(caller);
  } catch (cause) {
    if (cause instanceof SessionEnded) return new Response(null, { status: 401 });
    if (cause instanceof AccountSuspended) return refusedUpgrade(403, "ACCOUNT_SUSPENDED");
    return refusedUpgrade(503, reasonOf(cause));
  }
  const access = capability.access(caller);
  if (access === "suspended") return refusedUpgrade(403, "ACCOUNT_SUSPENDED");
  return access === "granted" ? undefined : new Response(null, { status: access === "forbidden" ? 403 : 401 });
}

function refusedUpgrade(status: number, reason: ErrorReason | undefined): Response {
  return new Response(null, { status, headers: { [REFUSAL_REASON_HEADER]: reason ?? "" } });
}
