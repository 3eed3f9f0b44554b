import { readMailToken } from "../../jwt/mail-token.js";
import { tokenInput } from "../../router/auth/credentials.js";
import { invalidLink } from "../../router/auth/invalid-link.js";
import { readAddress } from "../../router/auth/read-address.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { notSignedIn } from "../../router/auth/not-signed-in.js";
import type { Placement } from "../../router/placement.js";
import { requireOrganizationId, notAnOrganizationId } from "../../router/organizations/organization-id-errors.js";
import { verifyRefreshToken } from "../../jwt/refresh-token.js";
import type { Call } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { emailObjectAddress } from "../../shared/email-object-address.js";
import { appAddress, parseName, toName, type ObjectAddress } from "../../shared/owner.js";
import type { Configuration } from "../configuration.js";

/** The parts of a call that determine its object. */
interface CallTarget extends Pick<Call, "input" | "refreshCookie"> {
  /**
   * The procedure's own input schemas.
   * @default none
   */
  readonly schemas?: readonly unknown[];
}

/**
 * Resolves which object a call is for, by the kind of its procedure; `here` if the procedure runs in the Worker. Returns a
 * promise only if an address is hashed or a token verified.
 *
 * @throws ReasonedError UNAUTHORIZED without a caller or a valid refresh token, BAD_REQUEST if the input does not determine
 * the object
 */
export function resolveTarget(
  { kind }: Pick<Placement, "kind">,
  { input, refreshCookie, schemas }: CallTarget,
  caller: Caller,
  configuration: Pick<Configuration, "binding" | "secrets">,
): ObjectAddress | "here" | Promise<ObjectAddress> {
  switch (kind) {
    case "anywhere":
      return "here";
    case "user":
      if (caller.type !== "user") throw notSignedIn();
      return { type: "user", id: caller.userId };
    case "live":
    case "owner": {
      const owner = field(input, "organizationId") === undefined ? "user" : "organization";
      return resolveTarget({ kind: owner }, { input }, caller, configuration);
    }
    case "organization":
      if (caller.type === "anonymous") throw notSignedIn();
      return organizationOf(input);
    case "app":
      if (caller.type === "anonymous") throw notSignedIn();
      return appAddress;
    case "mail":
      return recipientOf(input, configuration);
    case "email":
      return emailObjectOf(input, schemas, configuration);
    case "refresh":
      return refreshingUser(field(input, "refreshToken") ?? refreshCookie, configuration);
  }
}

/** @throws ReasonedError BAD_REQUEST (ORGANIZATION_ID_MISSING, ORGANIZATION_ID_INVALID) */
export function organizationOf(input: unknown): ObjectAddress {
  requireOrganizationId(input);
  const id = field(input, "organizationId");
  const address = typeof id === "string" ? parseName(toName({ type: "organization", id })) : undefined;
  if (address) return address;
  throw notAnOrganizationId();
}

async function emailObjectOf(
  input: unknown,
  schemas: readonly unknown[] | undefined,
  { secrets }: Pick<Configuration, "secrets">,
): Promise<ObjectAddress> {
  return emailObjectAddress(secrets.index, await readAddress(input, schemas));
}

async function refreshingUser(
  token: unknown,
  { binding, secrets }: Pick<Configuration, "binding" | "secrets">,
): Promise<ObjectAddress> {
  const options = { secrets: secrets.jwt, audience: binding };
  const claims = typeof token === "string" ? await verifyRefreshToken(token, options) : undefined;
  if (claims) return { type: "user", id: claims.userId };
  throw new ReasonedError({
    code: "UNAUTHORIZED",
    reason: "REFRESH_TOKEN_INVALID",
    message: "The refresh token is missing or not valid. Sign in again.",
  });
}

/**
 * Verifies the token, so that a forged one never reaches an object.
 *
 * @throws ReasonedError BAD_REQUEST (LINK_INVALID)
 */
async function recipientOf(
  input: unknown,
  { binding, secrets }: Pick<Configuration, "binding" | "secrets">,
): Promise<ObjectAddress> {
  const text = tokenInput.safeParse(input).data?.token ?? "";
  const token = await readMailToken(text, { secrets: secrets.jwt, audience: binding });
  if (token) return { type: "user", id: token.userId };
  throw invalidLink();
}

function field(input: unknown, name: string): unknown {
  return typeof input === "object" && input !== null ? (input as Record<string, unknown>)[name] : undefined;
}
