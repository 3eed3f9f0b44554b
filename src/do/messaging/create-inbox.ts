import type { Delivery, Receipt } from "../../shared/internal.js";

/** The handler of each kind of message. Synchronous, so that its effect and the number of the message commit together. */
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
 * Handles the messages from the outboxes of other objects. A message can arrive twice but takes effect once: the transaction of
 * the effect also stores the message's number, which is the highest of its source.
 */
export function createInbox({ sql, transaction, isInitialized, handlers }: InboxOptions) {
  const lastSeqOf = (source: string): number =>
    Number(sql.exec("SELECT seq FROM _inbox WHERE source = ?", source).toArray()[0]?.["seq"] ?? 0);

  return {
    /** Handles messages in order until one fails. Returns how many are done, so that the sender retries the rest. Never throws. */
    receive({ source, letters: messages }: Delivery): Receipt {
      if (!isInitialized()) {
        // The object was deleted, or was never created. A kind that this version does not know may be one that creates it.
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
            if (seq <= lastSeqOf(source)) return;
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

/** A newer version sent the message. It stays in the sender's outbox until that version is deployed again. */
function unknownKind(kind: string | undefined): string {
  return `This version does not know messages of the kind "${kind}".`;
}
