import { ReasonedError } from "../../router/reasoned-error.js";
import type { Call, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { ErrorReason } from "../../shared/error-reason.js";
import { appAddress, parseName, toName, type ObjectAddress, type Owner } from "../../shared/owner.js";
import { organizationOf } from "./resolve-target.js";

type Send = (to: ObjectAddress) => Promise<Reply | undefined>;

interface SentCall {
  readonly address: ObjectAddress;
  readonly reply: Reply | undefined;
}

/** The known owners of the procedures of each app, by its binding. */
const known = new WeakMap<object, ProcedureOwners>();

type ProcedureOwners = ReturnType<typeof createProcedureOwners>;

/** Returns the known owners of an app's procedures. A server-side caller has the types of the router, but not the router. */
export function procedureOwnersOf(namespace: object): ProcedureOwners {
  const found = known.get(namespace) ?? createProcedureOwners();
  known.set(namespace, found);
  return found;
}

/**
 * Sends calls of a server-side caller to their objects. Without an `organizationId`, a call is for the user or the app. The user's
 * object refuses a procedure of the app, which is then sent to the app's object, and remembered.
 */
function createProcedureOwners() {
  const appPaths = new Set<string>();

  /** Sends a call of a user, and again if the first object refused it because the procedure runs in the other one. */
  async function sendAsUser(userId: string, path: string, send: Send): Promise<SentCall> {
    const address = appPaths.has(path) ? appAddress : userAddress(userId);
    const reply = await send(address);
    const owner = ownerIn(reply);
    if ((owner !== "user" && owner !== "app") || owner === address.type) return { address, reply };
    if (owner === "app") appPaths.add(path);
    else appPaths.delete(path);
    const other = owner === "app" ? appAddress : userAddress(userId);
    return { address: other, reply: await send(other) };
  }

  return {
    /**
     * @param call the call; for a live query, with the path of the query
     * @throws TRPCError NOT_FOUND (USER_NOT_FOUND), BAD_REQUEST (ORGANIZATION_ID_MISSING, ORGANIZATION_ID_INVALID)
     */
    async send(caller: Caller, call: Pick<Call, "path" | "input">, send: Send): Promise<SentCall> {
      const { path, input } = call;
      if (typeof input === "object" && input !== null && "organizationId" in input) {
        const address = organizationOf(input);
        return { address, reply: await send(address) };
      }
      if (caller.type === "user") return sendAsUser(caller.userId, path, send);
      const reply = await send(appAddress);
      if (ownerIn(reply) !== undefined) throw organizationIdMissing();
      return { address: appAddress, reply };
    },
  };
}

/** @throws ReasonedError NOT_FOUND (USER_NOT_FOUND) if no user can have this id */
export function userAddress(id: string): ObjectAddress {
  const address = parseName(toName({ type: "user", id }));
  if (address) return address;
  throw new ReasonedError({
    code: "NOT_FOUND",
    reason: "USER_NOT_FOUND",
    message: "This user does not exist. Pass the `id` of a `user`.",
  });
}

/** The owner of the object to which a refused call has to be sent. */
function ownerIn(reply: Reply | undefined): Owner["type"] | undefined {
  if (reply?.ok !== false || reply.error.data["reason"] !== ("WRONG_OBJECT" satisfies ErrorReason)) return undefined;
  return reply.error.data["owner"] as Owner["type"] | undefined;
}

function organizationIdMissing(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "ORGANIZATION_ID_MISSING",
    message:
      "`organizationId` is missing. Add it to the input, or call a user's procedure through `asUser({ userId })`.",
  });
}
