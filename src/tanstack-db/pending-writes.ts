import type { OperationType } from "@tanstack/db";
import type { Change } from "../shared/change.js";
import { parseCursor } from "../shared/cursor.js";
import { parseReplyCursor } from "../shared/reply-cursor.js";
import type { TableRow } from "./procedures.js";

/** The reply to a write. */
export interface WriteReply {
  /** The position in the change log after the writes of the mutation; `undefined` if the server did not send it. */
  readonly cursor: string | undefined;
  readonly result: unknown;
}

interface PendingWrite {
  readonly type: OperationType;
  readonly id: string;
  /** Whether the row has changed since the write was sent. */
  hasChanged: boolean;
  /** Set when the server has replied. */
  reply?: WriteReply & { readonly resolve: () => void };
}

export interface PendingWritesOptions {
  /** Returns the row of the collection, without optimistic writes. */
  readonly rowOf: (id: string) => TableRow | undefined;
  /** Reads all rows again. */
  readonly reload: () => void;
  /** Called when a write is shown that no later change of the collection replaces. */
  readonly onShown: () => void;
}

/** How long a write may stay unseen before the rows are read again, in milliseconds. */
const RELOAD_AFTER_MS = 2_000;

/**
 * Tracks the writes that the collection does not show yet. The position of a reply is not enough: a mutation may write to
 * other tables last, and an object without sockets sends no position. So the row counts too. If neither shows the write, the
 * rows are read again.
 */
export function createPendingWrites({ rowOf, reload, onShown }: PendingWritesOptions) {
  const all = new Set<PendingWrite>();
  let position = -1;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function isShown({ type, id, hasChanged, reply }: PendingWrite): boolean {
    if (!reply) return false;
    const { cursor, result } = reply;
    if (cursor !== undefined && (parseReplyCursor(cursor)?.seq ?? Infinity) <= position) return true;
    const row = rowOf(id);
    if (type === "delete") return row === undefined;
    if (!row) return hasChanged;
    const version = versionOf(result);
    if (version === undefined) return hasChanged || type === "insert";
    return (versionOf(row) ?? Infinity) >= version;
  }

  function complete(isComplete: (write: PendingWrite) => boolean): void {
    for (const write of all) {
      if (!isComplete(write)) continue;
      all.delete(write);
      write.reply?.resolve();
    }
    if (all.size > 0) return;
    clearTimeout(timer);
    timer = undefined;
  }

  return {
    /** Starts to track a write, before it is sent. */
    begin(type: OperationType, id: string): { waitUntilShown(reply: WriteReply): Promise<void>; end(): void } {
      const write: PendingWrite = { type, id, hasChanged: false };
      all.add(write);
      return {
        waitUntilShown: (reply) =>
          new Promise((resolve) => {
            // The collection was cleaned up, so that it shows nothing.
            if (!all.has(write)) return resolve();
            write.reply = { ...reply, resolve };
            complete((each) => each === write && isShown(each));
            if (!all.has(write)) onShown();
            else timer ??= setTimeout(reload, RELOAD_AFTER_MS);
          }),
        end: () => complete((each) => each === write),
      };
    },

    /** Called when the collection has a change. */
    onChange(cursor: string, change: Change<TableRow>): void {
      position = parseCursor(cursor)?.seq ?? position;
      for (const write of all) if ("id" in change && change.id === write.id) write.hasChanged = true;
      complete(isShown);
    },

    /** Called before the rows are read. Returns the function to call when the collection has them. */
    beginReload(): () => void {
      clearTimeout(timer);
      timer = undefined;
      const included = new Set([...all].filter(({ reply }) => reply !== undefined));
      return () => {
        complete((write) => included.has(write));
        if (included.size > 0) onShown();
        if ([...all].some(({ reply }) => reply !== undefined)) timer ??= setTimeout(reload, RELOAD_AFTER_MS);
      };
    },

    /** Called when the collection shows nothing any more. */
    clear(): void {
      position = -1;
      complete(() => true);
    },
  };
}

export type PendingWrites = ReturnType<typeof createPendingWrites>;

/** The version of a row, in milliseconds; `undefined` for another value. */
function versionOf(row: unknown): number | undefined {
  const updatedAt = (row as { readonly updatedAt?: unknown } | null | undefined)?.updatedAt;
  return updatedAt instanceof Date ? updatedAt.getTime() : undefined;
}
