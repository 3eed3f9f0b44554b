import { signSocketPass } from "../jwt/socket-pass.js";
import type { RefreshClaims } from "../jwt/refresh-token.js";
import type { Device } from "../shared/device.js";
import { stubOf, type AppNamespace } from "../shared/object-stub.js";
import { sendInternal } from "../shared/send-internal.js";
import { toName, type ObjectAddress } from "../shared/owner.js";
import { suspensionMessage } from "../shared/suspension.js";
import { REFUSAL_REASON_HEADER, SOCKET_PASS_HEADER } from "../shared/socket-request.js";
import type { Configuration } from "./configuration.js";
import type { UpgradeRequest } from "./gate/gate-result.js";
import type { Refusal } from "./gate/refusal.js";
import { accessExpiryOf, callerOf, type Identity } from "./auth/authenticate.js";

export interface HandleUpgradeOptions {
  readonly configuration: Configuration;
  readonly device: Device;
}

/** Opens a WebSocket to the object of the caller, of an organization or of the app. */
export async function handleUpgrade(
  { owner }: UpgradeRequest,
  identity: Identity,
  { configuration: { binding, namespace, secrets }, device }: HandleUpgradeOptions,
): Promise<Response | Refusal> {
  if (identity.type === "anonymous") return notSignedIn;
  if (identity.type === "expired" && !(await isNewestToken(identity.claims, namespace, device))) return notSignedIn;
  const caller = identity.type === "authenticated" ? identity.caller : callerOf(identity.claims);
  const expiresAt = accessExpiryOf(identity);
  if (caller.type !== "user") return notSignedIn;

  const address: ObjectAddress = owner ?? { type: "user", id: caller.userId };
  const pass = await signSocketPass(
    { caller, to: toName(address), expiresAt },
    { secrets: secrets.jwt, audience: binding },
  );
  const headers = { Upgrade: "websocket", [SOCKET_PASS_HEADER]: pass };
  const response = await stubOf(namespace, address).fetch(new Request("https://object/socket", { headers }));
  if (response.status === 101) return response;
  if (response.status === 503)
    return response.headers.get(REFUSAL_REASON_HEADER) === "UPGRADE_FAILED" ? upgradeFailed : sessionCheckFailed;
  if (response.status === 401) return notSignedIn;
  return response.headers.get(REFUSAL_REASON_HEADER) === "ACCOUNT_SUSPENDED" ? accountSuspended : notAMember;
}

function isNewestToken(claims: RefreshClaims, namespace: AppNamespace, device: Device): Promise<boolean> {
  const { userId, sessionId, generation } = claims;
  const stub = stubOf(namespace, { type: "user", id: userId });
  return sendInternal(stub, { op: "holdsRefreshToken", sessionId, generation, device });
}

const notSignedIn: Refusal = {
  code: "UNAUTHORIZED",
  reason: "NOT_SIGNED_IN",
  message: "You are not signed in. Sign in over HTTP, then open the socket.",
};

const sessionCheckFailed: Refusal = {
  code: "SERVICE_UNAVAILABLE",
  reason: "SESSION_CHECK_FAILED",
  message: "The session could not be checked. Try again in a moment.",
};

const upgradeFailed: Refusal = {
  code: "SERVICE_UNAVAILABLE",
  reason: "UPGRADE_FAILED",
  message: "The stored data could not be upgraded to this version of the app. Fix the migration and deploy again.",
};

const accountSuspended: Refusal = {
  code: "FORBIDDEN",
  reason: "ACCOUNT_SUSPENDED",
  message: suspensionMessage(undefined),
};

const notAMember: Refusal = {
  code: "FORBIDDEN",
  reason: "NOT_A_MEMBER",
  message: "You are not a member of this organization. Accept an invitation, then open the socket.",
};
