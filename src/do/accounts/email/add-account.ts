import type { InternalReply, InternalRequest } from "../../../shared/internal.js";
import type { ObjectStub } from "../../../shared/object-stub.js";
import type { StubOptions } from "../../../shared/restricted-namespace.js";
import { failure, success } from "../../../shared/result.js";
import { sendInternal } from "../../../shared/send-internal.js";
import { encodeFields } from "../../fields/encode-fields.js";
import { locate, type LocationOptions, type NewUser } from "../../lifecycle/data-location.js";
import { catchClientError } from "../client-error-result.js";
import { parsePasswordHash } from "../passwords/password-hash.js";
import type { AddressClaims } from "./address-claims.js";

type Request = Extract<InternalRequest, { op: "addAccount" }>;
type Reply = InternalReply<Request>;

export interface AddAccountOptions {
  readonly claims: Pick<AddressClaims, "read" | "signUp" | "whenIdle">;
  readonly user: (userId: string, options?: StubOptions) => ObjectStub;
  readonly env: NewUser["env"];
  readonly location: LocationOptions;
  /** The most iterations of PBKDF2 that imported hashes have. */
  readonly maxImportedIterations: number;
}

/**
 * Creates the function with which the app itself creates an account for the address of this object. A repeat of the operation
 * returns the same user.
 */
export function createAddAccount({
  claims,
  user,
  env,
  location,
  maxImportedIterations,
}: AddAccountOptions): (request: Request) => Promise<Reply> {
  async function insert({ operationId, account, isImported = false }: Request): Promise<Reply> {
    // Its schema has parsed the profile.
    const profile = account.profile as NewUser["profile"];
    const { jurisdiction, locationHint } = await locate(location, { type: "user", request: undefined, profile, env });
    const stubOptions = locationHint && { locationHint };
    for (;;) {
      const outcome = await claims.signUp<Reply>(
        { email: account.email, jurisdiction },
        async (userId, id) => {
          const inserted = await sendInternal(user(userId, stubOptions), {
            op: "insertAccount",
            operationId: id,
            account,
            isImported,
          });
          if (inserted.ok) return { created: true, result: success({ userId, isNew: true }) };
          if (inserted.reason === "CLIENT_ERROR") return { created: false, result: inserted };
          return { created: true, result: failure("EMAIL_TAKEN") };
        },
        operationId,
      );
      if (outcome === "taken") {
        const owner = claims.read();
        return owner?.operationId === operationId
          ? success({ userId: owner.userId, isNew: false })
          : failure("EMAIL_TAKEN");
      }
      if (outcome !== "busy") return outcome;
      await claims.whenIdle();
    }
  }

  return (request) =>
    catchClientError(async () => {
      const { profile, passwordHash } = request.account;
      // Checked before the address is reserved.
      if (profile !== undefined) encodeFields(profile, "profile");
      if (passwordHash !== undefined) parsePasswordHash(passwordHash, maxImportedIterations);
      return insert(request);
    });
}
