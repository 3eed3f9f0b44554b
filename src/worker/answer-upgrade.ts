import { signSocketPass } from "../jwt/socket-pass.js";
import type { RefreshClaims } from "../jwt/refresh-token.js";
import type { Device } from "../shared/device.js";
import { stubOf, type ObjectNamespace } from "../shared/object-stub.js";
import { toName, type Address } from "../shared/owner.js";
import { SOCKET_PASS_HEADER } from "../shared/socket-request.js";
import type { Configuration } from "./configuration.js";
import type { GatedUpgrade } from "./gate/gate-result.js";
import type { Refusal } from "./gate/refusal.js";
import { accessExpiryOf, asCaller, type Identity } from "./auth/authenticate.js";

export interface AnswerUpgradeOptions {
  readonly configuration: Configuration;
  readonly device: Device;
}

/** Opens a socket in the caller's own object, or in an organization's. */
export async function answerUpgrade(
  { organizationId }: GatedUpgrade,
  identity: Identity,
  { configuration: { binding, namespace, secrets }, device }: AnswerUpgradeOptions,
): Promise<Response | Refusal> {
  if (identity.type === "nobody") return notSignedIn;
  if (identity.type === "lapsed" && !(await isNewest(identity.claims, namespace, device))) return notSignedIn;
  const caller = identity.type === "known" ? identity.caller : asCaller(identity.claims);
  const expiresAt = accessExpiryOf(identity);
  if (caller.type !== "user") return notSignedIn;

  const address: Address =
    organizationId === undefined ? { type: "user", id: caller.userId } : { type: "organization", id: organizationId };
  const pass = await signSocketPass(
    { caller, to: toName(address), expiresAt },
    { secrets: secrets.jwt, audience: binding },
  );
  const headers = { Upgrade: "websocket", [SOCKET_PASS_HEADER]: pass };
  const response = await stubOf(namespace, address).fetch(new Request("https://object/socket", { headers }));
  if (response.status === 101) return response;
  if (response.status === 503) return tryAgain;
  return response.status === 401 ? notSignedIn : notAMember;
}

function isNewest(claims: RefreshClaims, namespace: ObjectNamespace, device: Device): Promise<boolean> {
  const { userId, sessionId, generation } = claims;
  const stub = stubOf(namespace, { type: "user", id: userId });
  return stub.internal({ op: "holdsRefreshToken", sessionId, generation, device });
}

const notSignedIn: Refusal = {
  code: "UNAUTHORIZED",
  message: "A socket needs a signed-in user. Sign in over HTTP first, then open it.",
};

const tryAgain: Refusal = {
  code: "SERVICE_UNAVAILABLE",
  message: "Whether the session is alive could not be found out. Try again in a moment.",
};

const notAMember: Refusal = {
  code: "FORBIDDEN",
  message: "Only members may open a socket to this organization. Accept an invitation to it first.",
};
