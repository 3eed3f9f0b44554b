import type { createWSClient } from "@trpc/client";

type Encoder = NonNullable<Parameters<typeof createWSClient>[0]["experimental_encoder"]>;

interface Outgoing {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: { readonly lastEventId?: string };
}

export interface CursorEncoderOptions {
  /** Called when a flush is complete. */
  readonly onFlushed?: (cursor: string) => void;
  /**
   * Whether a subscription shows a result that is newer than its last event. It is then started without a cursor.
   * @default always false
   */
  readonly startsAnew?: (id: number | string) => boolean;
}

interface Incoming {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: { readonly cursor: string };
  /** Added to a live query's event that is the last of its flush. */
  readonly userdo?: { readonly flushed: string };
  readonly result?: { readonly type: string; readonly id?: string };
}

/**
 * Encodes JSON as tRPC's client does, and adds the cursor at which each subscription started. tRPC's client has no cursor
 * before the first event, so a subscription that lost its connection before that would miss changes. It also reports
 * complete flushes, which tRPC's client ignores. The server sends them in a separate frame, or with the flush's last event.
 */
export function createCursorEncoder({
  onFlushed = () => {},
  startsAnew = () => false,
}: CursorEncoderOptions = {}): Encoder {
  const startedAt = new Map<number | string, string>();

  function withCursor(message: Outgoing): unknown {
    const { id, method, params } = message;
    if (id === undefined || id === null) return message;
    if (method === "subscription.stop") startedAt.delete(id);
    if (method !== "subscription") return message;
    if (startsAnew(id)) return { ...message, params: { ...params, lastEventId: undefined, userdo: {} } };
    return { ...message, params: { ...params, userdo: { startedAt: startedAt.get(id) } } };
  }

  return {
    encode(data) {
      const messages = data as Outgoing | readonly Outgoing[];
      return JSON.stringify(isList(messages) ? messages.map(withCursor) : withCursor(messages));
    },
    decode(data) {
      const message = JSON.parse(String(data)) as Incoming;
      const { id, method, params, result, userdo } = message;
      if (method === "userdo.flushed" && params) onFlushed(params.cursor);
      // Called after the event itself, which tRPC's client handles when this function returns.
      if (userdo) queueMicrotask(() => onFlushed(userdo.flushed));
      if (result?.type === "started" && result.id !== undefined && id !== undefined && id !== null) {
        startedAt.set(id, result.id);
      }
      return message;
    },
  };
}

function isList(messages: Outgoing | readonly Outgoing[]): messages is readonly Outgoing[] {
  return Array.isArray(messages);
}
