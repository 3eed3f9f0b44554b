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
   * Whether a subscription shows something newer than its last event. It is then started without a position.
   * @default none does
   */
  readonly startsAnew?: (id: number | string) => boolean;
}

interface Incoming {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: { readonly cursor: string };
  /** Beside a live query's event that is the last of its flush. */
  readonly userdo?: { readonly flushed: string };
  readonly result?: { readonly type: string; readonly id?: string };
}

/**
 * tRPC's JSON, and one thing more: it remembers the cursor that each subscription started at. tRPC's client only
 * learns one from the first event, so one that loses its connection before would come back without, and miss what
 * was written meanwhile. And it hears that a flush is complete, which tRPC's client passes over: in a frame of its own, or
 * with the flush's last event.
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
      // After the event itself, which is handed on when this returns.
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
