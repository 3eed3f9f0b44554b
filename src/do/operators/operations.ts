import type { OnError } from "../../router/error-report.js";
import { ReasonedError, reasonOf } from "../../router/reasoned-error.js";
import { toName } from "../../shared/owner.js";
import type { Device } from "../../shared/device.js";
import type { OperatorAction } from "../../shared/operator.js";
import { failure } from "../../shared/result.js";
import { clientError } from "../accounts/client-error-result.js";
import type { RoleStore } from "../app-roles/role-store.js";
import type { Superadmins } from "../app-roles/superadmins.js";
import type { ActionLog } from "../audit/action-log.js";
import { userNotFound } from "../lifecycle/caller-errors.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { within } from "../lifecycle/within.js";
import type { SuspendedMembers } from "../organizations/suspended-members.js";
import type {
  Operation,
  OperationOutcome,
  OperationReply,
  OperationStore,
  OperationTarget,
  PendingOperation,
} from "./operation-store.js";

export interface OperationsOptions {
  readonly store: OperationStore;
  readonly superadmins: Pick<Superadmins, "deactivate">;
  readonly roles: Pick<RoleStore, "setInactive">;
  /** The suspended users, as far as this object refuses their calls. */
  readonly suspended: SuspendedMembers;
  readonly log: Pick<ActionLog, "add">;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** Sends an action to the object of its target, which may receive it twice. Rejects if the object cannot be reached. */
  readonly send: (operation: Operation) => Promise<OperationReply>;
  /** Whether an operation has to be repeated until it succeeds. */
  readonly mustFinish: (operationId: string) => boolean;
  /** Called in the transaction that confirms an operation. */
  readonly onFinished: (operationId: string) => void;
  /** Ends the leases of a user in this object, so that the user's object decides about the next call. */
  readonly endLeases: (userId: string) => void;
  /** Closes the sockets of a suspended user in this object. */
  readonly onSuspended: (userId: string) => void;
  readonly onError: OnError;
}

/** Until when a superadmin is inactive who is suspended without an end, or about to be deleted. */
const NO_END = Number.MAX_SAFE_INTEGER;
/** The actions that end all sessions of a user. */
const SESSION_ENDING_ACTIONS: ReadonlySet<OperatorAction["type"]> = new Set(["suspend", "revokeSessions", "delete"]);
/** Time limit of one attempt. The app's `onDelete` runs in it. */
const SEND_TIMEOUT_MS = 30_000;
/** How many targets the alarm sends to at once. The platform allows six connections. */
const MAX_PARALLEL_TARGETS = 6;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** After about a day of retries, an operation is recorded as failed. */
const MAX_ATTEMPTS = 1_500;

/**
 * Executes the actions of operators. An action is stored before it is sent to the object of its target, and confirmed in one
 * transaction with its entry in the audit log of the app. After a crash, or if the object cannot be reached, the alarm repeats
 * it. The actions on one target are executed in order.
 */
export function createOperations(options: OperationsOptions) {
  const { store, superadmins, roles, suspended, log, transaction, isInitialized, alarms } = options;
  const { send, mustFinish, onFinished, endLeases, onSuspended, onError } = options;
  /** The work that is running for each target. */
  const running = new Map<string, Promise<void>>();

  /** Counts the user as a superadmin again, unless a suspension is in force, or a suspension or deletion follows. */
  function restoreSuperadmin(userId: string): void {
    const isReserved = ({ action }: PendingOperation) => action.type === "suspend" || action.type === "delete";
    if (store.pending({ type: "user", id: userId }).some(isReserved)) return;
    const suspension = suspended.find(userId, Date.now());
    roles.setInactive(userId, suspension ? (suspension.until?.getTime() ?? NO_END) : 0);
  }

  /** Applies the effects in this object that must precede those in the user's object. @throws TRPCError CONFLICT (LAST_SUPERADMIN) */
  function reserve({ target: { type, id: userId }, action }: Operation): void {
    if (type !== "user") return;
    if (action.type === "suspend") superadmins.deactivate(userId, action.until ?? NO_END);
    if (action.type === "delete") superadmins.deactivate(userId, NO_END);
  }

  /** Applies the effects in this object that follow those in the user's object. */
  function applyToUser(userId: string, action: OperatorAction, isDone: boolean): void {
    if (isDone && action.type === "suspend") suspended.add(userId, action.until);
    if (isDone && (action.type === "unsuspend" || action.type === "delete")) suspended.delete(userId);
    if (isDone && SESSION_ENDING_ACTIONS.has(action.type)) endLeases(userId);
    if (action.type === "suspend" || action.type === "unsuspend" || (action.type === "delete" && !isDone))
      restoreSuperadmin(userId);
  }

  function confirm(operation: PendingOperation, given: OperationReply, device: Device | undefined): void {
    const { id, target, action, actor, reason, attempts } = operation;
    // An earlier attempt deleted the account, and its reply was lost.
    const wasDeleted = action.type === "delete" && attempts > 1 && !given.ok && given.reason === "USER_NOT_FOUND";
    const reply: OperationReply = wasDeleted ? { ok: true, value: { applied: true } } : given;
    transaction(() => {
      if (store.replyTo(id)) return;
      store.finish(id, reply);
      onFinished(id);
      if (target.type === "user") applyToUser(target.id, action, reply.ok);
      log.add({
        ...entryOf(target, action, reply),
        actor,
        reason,
        device,
        outcome: reply.ok ? "ok" : "failed",
        failure: reply.ok ? undefined : reasonIn(reply),
      });
      alarms.arm();
    });
    if (reply.ok && target.type === "user" && action.type === "suspend") onSuspended(target.id);
  }

  /** Executes the pending operations on a target. Stops at the first that cannot be sent. */
  async function execute(target: OperationTarget, device?: Device): Promise<void> {
    for (const pending of store.pending(target)) {
      const operation = { ...pending, attempts: pending.attempts + 1 };
      let reply: OperationReply;
      store.startAttempt(operation.id, Date.now());
      try {
        reply = await within(SEND_TIMEOUT_MS, send(operation));
      } catch (cause) {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        onError({ error, requestId: crypto.randomUUID(), path: "(operator)", type: undefined });
        if (operation.attempts < MAX_ATTEMPTS || mustFinish(operation.id)) {
          const pause = Math.min(FIRST_RETRY_MS * 2 ** (operation.attempts - 1), MAX_RETRY_MS);
          transaction(() => {
            store.postpone(operation.id, Date.now() + pause);
            alarms.arm();
          });
          return;
        }
        const message = "The object could not be reached for a day.";
        reply = {
          ...failure("CLIENT_ERROR"),
          error: { code: "SERVICE_UNAVAILABLE", message, reason: "OUTCOME_UNKNOWN" },
        };
      }
      confirm(operation, reply, device);
    }
  }

  /** One call at a time for each target, so that the effects have the order of the operations. */
  function executeInTurn(target: OperationTarget, device?: Device): Promise<void> {
    const key = toName(target);
    const before = running.get(key) ?? Promise.resolve();
    const work = before.then(() => execute(target, device));
    const settled = work
      .catch(() => {})
      .then(() => {
        if (running.get(key) === settled) running.delete(key);
      });
    running.set(key, settled);
    return work;
  }

  alarms.register({
    name: "operators",
    due: () => (isInitialized() ? store.due() : undefined),
    async run(now) {
      await Promise.all(store.dueTargets(now, MAX_PARALLEL_TARGETS).map((target) => executeInTurn(target)));
    },
  });

  return {
    /** Whether a user is suspended, or a suspension is under way. */
    isSuspended: (userId: string): boolean =>
      suspended.find(userId, Date.now()) !== undefined ||
      store.pending({ type: "user", id: userId }).some(({ action }) => action.type === "suspend"),

    /**
     * Executes an action. A repeat of the same operation has no second effect.
     *
     * @param checkAgain checks the permissions of the operator, in the transaction that stores the operation
     * @returns `applied: false` if the object of the target could not be reached, so that the alarm repeats the action
     * @throws TRPCError NOT_FOUND (USER_NOT_FOUND, ORGANIZATION_NOT_FOUND), CONFLICT (LAST_SUPERADMIN), and the errors of the action
     */
    async run(operation: Operation, { checkAgain, device }: RunOperationOptions): Promise<OperationOutcome> {
      const { id, target, action, actor, reason } = operation;
      try {
        transaction(() => {
          checkAgain();
          if (!store.insert(operation, Date.now())) return;
          reserve(operation);
          alarms.arm();
        });
      } catch (error) {
        const refused = reasonOf(error) ?? "UNEXPECTED";
        const outcome = refused === "MISSING_PERMISSION" ? "denied" : "failed";
        log.add({ ...entryOf(target, action), actor, reason, device, outcome, failure: refused });
        throw error;
      }
      if (!store.replyTo(id)) await executeInTurn(target, device);
      const reply = store.replyTo(id);
      if (!reply) return { applied: false };
      if (reply.ok) return reply.value;
      if (reply.reason === "CLIENT_ERROR") throw clientError(reply);
      throw reply.reason === "USER_NOT_FOUND" ? userNotFound() : organizationNotFound();
    },
  };
}

export interface RunOperationOptions {
  readonly checkAgain: () => void;
  readonly device: Device;
}

function reasonIn(reply: Extract<OperationReply, { ok: false }>): string {
  return reply.reason === "CLIENT_ERROR" ? (reply.error.reason ?? reply.error.code) : reply.reason;
}

function entryOf({ type, id }: OperationTarget, action: OperatorAction, reply?: OperationReply) {
  return { action: `${type}.${action.type}`, target: { type, id }, detail: detailOf(action, reply) };
}

function detailOf(action: OperatorAction, reply: OperationReply | undefined): string | undefined {
  if (action.type === "suspend") return action.until === null ? undefined : new Date(action.until).toISOString();
  if (action.type === "retryDeadLetter") return action.id;
  if (action.type !== "restore") return undefined;
  const to = "at" in action.point ? new Date(action.point.at).toISOString() : action.point.bookmark;
  const undo = reply?.ok === true && "undoBookmark" in reply.value ? reply.value.undoBookmark : undefined;
  return undo === undefined ? `to ${to}` : `to ${to}, undo ${undo}`;
}

export function organizationNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "ORGANIZATION_NOT_FOUND",
    message: "This organization does not exist. Check the `id`.",
  });
}

export type Operations = ReturnType<typeof createOperations>;
