import type { ClientFailure } from "./client-failure.js";
import type { InternalReply, InternalRequest, Refused, WireReply } from "./internal.js";
import { canRetry, isMissingMethod } from "./object-failure.js";
import { stubOf, type AppNamespace, type ObjectStub } from "./object-stub.js";
import type { ObjectAddress } from "./owner.js";
import { platformRetriesReads } from "./platform-retries.js";
import { failure, success, type Result } from "./result.js";

type Op = InternalRequest["op"];
type ReplyOf<TOp extends Op> = InternalReply<Extract<InternalRequest, { op: TOp }>>;

/** The operations that reply with a `Result`. */
type ResultOp = { [TOp in Op]: ReplyOf<TOp> extends Result<unknown, infer _TFailure> ? TOp : never }[Op];

type ReasonOf<TOp extends ResultOp> = Exclude<Extract<ReplyOf<TOp>, { ok: false }>["reason"], ClientFailure["reason"]>;

/**
 * How versions before `Result` state a reason. While a deployment replaces one version by another, objects and Workers of
 * both call each other.
 */
const earlierReasons: { readonly [TOp in ResultOp]: Readonly<Record<ReasonOf<TOp>, string | false | null>> } = {
  createAccount: { ACCOUNT_EXISTS: "exists" },
  addAccount: { EMAIL_TAKEN: null },
  insertAccount: { ACCOUNT_EXISTS: null },
  createSession: { USER_NOT_FOUND: null },
  importData: { USER_NOT_FOUND: null, ACCOUNT_EXISTS: null, ORGANIZATION_NOT_FOUND: null },
  importOrganization: { USER_NOT_FOUND: null, ACCOUNT_EXISTS: null },
  addMember: { ORGANIZATION_NOT_FOUND: null },
  login: { WRONG_CREDENTIALS: "refused", UNKNOWN_DEVICE: "unknown device" },
  reserveAddress: { EMAIL_TAKEN: "taken", TOO_MANY_MAILS: "too often" },
  countMail: { TOO_MANY_MAILS: false },
  refresh: { SESSION_ENDED: "ended", SESSION_REPLACED: "replaced", ACCOUNT_SUSPENDED: "ended" },
  loadSession: { SESSION_NOT_FOUND: null },
  redeemSocketTicket: { TICKET_INVALID: null },
  lease: { SESSION_ENDED: "ended", SESSION_REPLACED: "replaced", ACCOUNT_SUSPENDED: "ended" },
  leaseAccount: { USER_NOT_FOUND: null, ACCOUNT_SUSPENDED: null },
  answerInvitation: { INVITATION_INVALID: "invalid" },
  memberRoles: { USER_NOT_FOUND: null },
  releaseSuperadmin: { LAST_SUPERADMIN: false },
  admitInvitation: { TOO_MANY_INVITATIONS: false },
  reportEntry: { ENTRY_NOT_FOUND: null },
  operate: { USER_NOT_FOUND: null },
  describeUser: { USER_NOT_FOUND: null },
  exportUser: { USER_NOT_FOUND: null },
  describeOrganization: { ORGANIZATION_NOT_FOUND: null },
  deleteOrganization: { ORGANIZATION_NOT_FOUND: null },
  prepareRestore: { USER_NOT_FOUND: null, ORGANIZATION_NOT_FOUND: null, ALREADY_RESTORED: null },
  applyRestore: { ALREADY_RESTORED: null, STATE_CHANGED: null },
  finishRestore: { NOT_RESTORED: null },
};

/** Sends a request to another object of the app. Every call of `internal` goes through here, because versions reply differently. */
export async function sendInternal<TRequest extends InternalRequest>(
  stub: Pick<ObjectStub, "internal">,
  request: TRequest,
): Promise<InternalReply<TRequest>> {
  const reply = await stub.internal({ ...request, wantsResult: true });
  return readReply(request.op, reply) as InternalReply<TRequest>;
}

/** Sends a request that only reads. It is retried once if the object was reset, unless the platform retries it. */
export async function sendInternalRead<TRequest extends InternalRequest>(
  namespace: AppNamespace,
  address: ObjectAddress,
  request: TRequest,
): Promise<InternalReply<TRequest>> {
  const sent = { ...request, wantsResult: true };
  let reply: WireReply;
  try {
    reply = await stubOf(namespace, address).internalRead(sent);
  } catch (cause) {
    if (isMissingMethod(cause, "internalRead")) reply = await stubOf(namespace, address).internal(sent);
    else if (canRetry(cause, "reads", { platformRetriesReads }))
      reply = await stubOf(namespace, address).internalRead(sent);
    else throw cause;
  }
  return readReply(request.op, reply) as InternalReply<TRequest>;
}

/** Converts a reply for a sender of an earlier version, which does not ask for a `Result`. */
export function toWireReply(request: InternalRequest, reply: WireReply): WireReply {
  if (request.wantsResult === true || !isResultOp(request.op) || !isResult(reply)) return reply;
  if (reply.ok) return reply.value;
  if (reply.reason === "CLIENT_ERROR") return { refused: reply.error, ...(reply.mailed && { mailed: true }) };
  return reasonsOf(request.op)[reply.reason];
}

/** Operations that no version before `Result` knows. A user's object of such a version replies with nothing. */
const newOps: ReadonlySet<Op> = new Set<Op>([
  "insertAccount",
  "createSession",
  "importData",
  "importOrganization",
  "operate",
  "describeUser",
  "exportUser",
  "prepareRestore",
  "applyRestore",
  "finishRestore",
  "leaseAccount",
  "memberRoles",
  "releaseSuperadmin",
  "reportEntry",
]);

/**
 * Reads a reply of this version or an earlier one.
 *
 * @throws Error if the object runs an earlier version that does not know the operation
 */
export function readReply(op: Op, reply: WireReply): unknown {
  if (!isResultOp(op) || isResult(reply)) return reply;
  if (reply === undefined && newOps.has(op))
    throw new Error(
      `The object runs a version that does not know "${op}". Try again when the deployment has finished.`,
    );
  for (const [reason, earlier] of Object.entries(reasonsOf(op))) if (reply === earlier) return failure(reason);
  return isRefused(reply)
    ? ({ ...failure("CLIENT_ERROR"), error: reply.refused, mailed: reply.mailed } satisfies ClientFailure)
    : success(reply);
}

function reasonsOf(op: ResultOp): Readonly<Partial<Record<string, string | false | null>>> {
  return earlierReasons[op];
}

function isResultOp(op: Op): op is ResultOp {
  return Object.hasOwn(earlierReasons, op);
}

function isResult(reply: WireReply): reply is Extract<WireReply, { readonly ok: boolean }> {
  return typeof reply === "object" && reply !== null && "ok" in reply;
}

function isRefused(reply: WireReply): reply is Refused {
  return typeof reply === "object" && reply !== null && "refused" in reply;
}
