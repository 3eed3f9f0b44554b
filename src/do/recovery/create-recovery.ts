import { hash } from "node:crypto";
import type { InternalReply } from "../../shared/internal.js";
import type { RestoreRequest } from "../../shared/operator-requests.js";
import { failure, success, type Failure } from "../../shared/result.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { catchClientError } from "../accounts/client-error-result.js";
import { restartLog } from "../change-log/restart-log.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { within } from "../lifecycle/within.js";
import { readCarried, writeCarried, type CarriedTables } from "./carried-rows.js";
import { findBookmarks, restoreError, type RestoreBookmarks } from "./restore-point.js";

/** The newest restore, in the object's own storage: the restore deletes what was stored before it. */
interface StoredRestore {
  readonly id: string;
  /**
   * `merged`: the state of today is written, and the rest of the app does not know yet. `deleted`: the object was erased before it
   * was restored.
   */
  readonly state: "prepared" | "merged" | "finished" | "deleted";
  /** When the state was stored, in milliseconds since the epoch. */
  readonly at: number;
}

export interface RecoveryOptions {
  readonly state: DurableObjectState;
  readonly alarms: Pick<Alarms, "pause" | "suspend">;
  readonly tables: CarriedTables;
  /** Creates the schema if there is none, and runs the work in the same transaction. */
  readonly initialize: (work: () => void) => void;
  /** Why the object cannot be restored; `undefined` if it can. */
  readonly refusal: () => Failure<"USER_NOT_FOUND" | "ORGANIZATION_NOT_FOUND"> | undefined;
  readonly flushOutbox: () => Promise<void>;
  /** Records the restore and reports the restored data to other objects. Called in a transaction. */
  readonly onRestored: () => void;
  /** Whether other objects have received the reports. */
  readonly isDelivered: () => boolean;
}

type Reply<TOp extends RestoreRequest["op"]> = InternalReply<Extract<RestoreRequest, { op: TOp }>>;
type Request<TOp extends RestoreRequest["op"]> = Extract<RestoreRequest, { op: TOp }>;

const KEY = "userdo:restore";
/** How long the object refuses calls before it is restored. */
const PREPARED_MS = 30_000;
/** Longest state that the object sends, in characters of at most two bytes: the platform limits a call to 32 MiB. */
const MAX_CARRIED_LENGTH = 12_000_000;
/** How long a restore waits for messages to other objects. What is not sent by then is carried over. */
const FLUSH_TIMEOUT_MS = 5_000;

/**
 * The objects that were restored and whose state of today is not written yet, with the times at which they were restored.
 * In memory, because the restored storage does not know
 * it: the next instance usually runs in the same isolate.
 */
const unfinished = new Map<string, number>();

/**
 * Restores the storage of an object to an earlier time, when the app's object requests it. The data of the app is restored. The
 * framework's own state stays as it is: it is read before the restore, stored in the app's object meanwhile, and written to the
 * restored storage. So no session, message or membership comes back.
 */
export function createRecovery(options: RecoveryOptions) {
  const { state, alarms, tables, initialize, refusal, flushOutbox, onRestored, isDelivered } = options;
  const { storage } = state;
  const { sql, kv } = storage;
  const objectId = state.id.toString();
  const stored = (): StoredRestore | undefined => kv.get<StoredRestore>(KEY);
  const isOf = (restoreId: string): boolean => stored()?.id === restoreId;

  const write = (id: string, progress: StoredRestore["state"]): void =>
    kv.put<StoredRestore>(KEY, { id, state: progress, at: Date.now() });

  const startedAt = unfinished.get(objectId);
  /** Whether the storage is older than the restore: neither this instance nor another isolate has merged it. */
  const lacksToday = (): boolean => startedAt !== undefined && (stored()?.at ?? 0) < startedAt;
  const isUnfinished = lacksToday();
  let preparedUntil = 0;
  // The alarm of the restored storage may be due, and would send its messages again.
  if (isUnfinished) alarms.suspend();

  function refuseCallsUntil(time: number): void {
    preparedUntil = time;
    alarms.pause(time);
  }

  function prepare({ restoreId, point, isRepeat }: Request<"prepareRestore">): Promise<Reply<"prepareRestore">> {
    return catchClientError(async () => {
      const before = stored();
      const deleted = before?.state === "deleted" ? refusal() : undefined;
      if (deleted) return deleted;
      const isPrepared = before?.id === restoreId && before.state === "prepared";
      if (isRepeat ? !isPrepared : before?.id === restoreId && !isPrepared) return failure("ALREADY_RESTORED");
      const refused = refusal();
      if (refused) return refused;
      const { at } = sql.exec("SELECT at FROM _changes ORDER BY seq LIMIT 1").one();
      const bookmarks = await findBookmarks(storage, point, Number(at));
      if (readCarried(sql, tables).length > MAX_CARRIED_LENGTH) throw tooLarge();
      refuseCallsUntil(Date.now() + PREPARED_MS);
      try {
        return await prepareNow(restoreId, bookmarks);
      } catch (error) {
        refuseCallsUntil(0);
        throw error;
      }
    });
  }

  async function prepareNow(restoreId: string, bookmarks: RestoreBookmarks): Promise<Reply<"prepareRestore">> {
    await within(FLUSH_TIMEOUT_MS, flushOutbox()).catch(() => {});
    // The account may have been deleted by a call that was running.
    const refused = refusal();
    if (refused) return refused;
    write(restoreId, "prepared");
    const carried = readCarried(sql, tables);
    return success({ ...bookmarks, carried, carriedHash: hashOf(carried) });
  }

  function apply({ restoreId, bookmark, carriedHash }: Request<"applyRestore">): Promise<Reply<"applyRestore">> {
    // Other events wait, so that nothing is written between the check and the restore.
    return state.blockConcurrencyWhile(async () => {
      if (!isOf(restoreId) || stored()?.state !== "prepared") return failure("ALREADY_RESTORED");
      if (hashOf(readCarried(sql, tables)) !== carriedHash) {
        refuseCallsUntil(0);
        return failure("STATE_CHANGED");
      }
      const refused = await catchClientError(() => arrange(bookmark));
      if (!refused) return restart(Date.now());
      refuseCallsUntil(0);
      return refused;
    });
  }

  /** Makes the platform restore the storage when the next instance starts. @throws as {@link restoreError} */
  async function arrange(bookmark: string): Promise<undefined> {
    try {
      await storage.onNextSessionRestoreBookmark(bookmark);
    } catch (cause) {
      throw restoreError(cause);
    }
  }

  /**
   * Ends this instance. The next one restores the storage, or starts with the merged one and without caches of the restored.
   *
   * @param restoredAt when the restore was applied, in milliseconds since the epoch, if it is not merged
   */
  function restart(restoredAt: number | undefined): Promise<never> {
    if (restoredAt === undefined) unfinished.delete(objectId);
    else unfinished.set(objectId, restoredAt);
    state.abort("The data is being restored to an earlier time. Try again.");
    return new Promise<never>(() => {});
  }

  async function finish({ restoreId, carried }: Request<"finishRestore">): Promise<Reply<"finishRestore">> {
    if (!isOf(restoreId)) {
      initialize(() => {
        restartLog(sql, writeCarried(sql, carried, tables));
        write(restoreId, "merged");
      });
      await storage.sync();
      return restart(undefined);
    }
    const { state: progress } = stored() ?? {};
    // This instance merged it: its alarms are suspended, and its caches are those of the restored storage.
    if (isUnfinished) return lacksToday() ? failure("NOT_RESTORED") : restart(undefined);
    unfinished.delete(objectId);
    if (progress === "prepared" || progress === "deleted") return failure("NOT_RESTORED");
    if (progress === "merged")
      storage.transactionSync(() => {
        onRestored();
        write(restoreId, "finished");
      });
    await within(FLUSH_TIMEOUT_MS, flushOutbox()).catch(() => {});
    return success({ applied: isDelivered() });
  }

  return {
    /** Whether the object refuses calls, because it is about to be restored or lacks the state of today. */
    isRestoring: (): boolean => isUnfinished || (preparedUntil > 0 && preparedUntil > Date.now()),

    handle(request: RestoreRequest): Promise<Reply<RestoreRequest["op"]>> {
      switch (request.op) {
        case "prepareRestore":
          return prepare(request);
        case "applyRestore":
          return apply(request);
        case "finishRestore":
          return finish(request);
      }
    },
  };
}

function hashOf(carried: string): string {
  return hash("sha256", carried, "base64url");
}

/**
 * Returns what an erased object stores, so that a restore that was prepared does not create it again; `undefined` for most objects.
 * Call it before the storage is deleted.
 */
export function keepDeleted(kv: DurableObjectStorage["kv"]): (() => void) | undefined {
  const restore = kv.get<StoredRestore>(KEY);
  if (restore?.state !== "prepared") return undefined;
  return () => kv.put<StoredRestore>(KEY, { ...restore, state: "deleted", at: Date.now() });
}

function tooLarge(): ReasonedError {
  return new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    reason: "RESTORE_TOO_LARGE",
    message:
      "The messages, idempotency keys, schedules and log of the object are too large to be kept during a restore. Try again when " +
      "its messages are delivered, or cancel schedules with long inputs.",
  });
}
