import type { Delivery, Receipt } from "../../shared/internal.js";

/** What a kind of letter does here. Synchronous, so that it commits together with the note that it was done. */
export type MessageHandlers = Readonly<Record<string, (payload: unknown, source: string) => void>>;

export interface InboxOptions {
  readonly sql: SqlStorage;
  readonly transaction: (work: () => void) => void;
  readonly isInitialized: () => boolean;
  readonly handlers: MessageHandlers;
}

export const inboxSchema =
  "CREATE TABLE IF NOT EXISTS _inbox (source TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID";

/**
 * Receives what other objects' outboxes send. A letter may come twice, but has its effect once: the highest number
 * of each source is kept, in the transaction of the effect.
 */
export function createInbox({ sql, transaction, isInitialized, handlers }: InboxOptions) {
  const lastOf = (source: string): number =>
    Number(sql.exec("SELECT seq FROM _inbox WHERE source = ?", source).toArray()[0]?.["seq"] ?? 0);

  return {
    /** Says how many of the letters are dealt with. The first that fails holds back those behind it. Never throws. */
    receive({ source, letters: messages }: Delivery): Receipt {
      if (!isInitialized()) {
        // The object was deleted, or never created. A kind of a newer version may be one that creates it.
        const known = messages.findIndex(({ kind }) => !Object.hasOwn(handlers, kind));
        if (known === -1) return { done: messages.length, gone: true };
        return { done: known, gone: true, error: unknownKind(messages[known]?.kind) };
      }
      let done = 0;
      for (const { seq, kind, payload } of messages) {
        try {
          const handler = Object.hasOwn(handlers, kind) ? handlers[kind] : undefined;
          if (!handler) throw new Error(unknownKind(kind));
          transaction(() => {
            if (seq <= lastOf(source)) return;
            sql.exec("INSERT OR REPLACE INTO _inbox (source, seq) VALUES (?, ?)", source, seq);
            handler(payload, source);
          });
        } catch (error) {
          return { done, error: error instanceof Error ? error.message : String(error) };
        }
        done++;
      }
      return { done };
    },
  };
}

/** A newer version sent the message. It waits at its sender until that version is deployed again. */
function unknownKind(kind: string | undefined): string {
  return `This version does not know messages of the kind "${kind}".`;
}
