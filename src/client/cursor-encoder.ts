import type { createWSClient } from "@trpc/client";
import type { IncomingData, LiveDeltas } from "./live-deltas.js";

type Encoder = NonNullable<Parameters<typeof createWSClient>[0]["experimental_encoder"]>;

interface Outgoing {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: { readonly path?: string; readonly lastEventId?: string };
}

export interface CursorEncoderOptions {
  /** Called when a flush is complete. */
  readonly onFlushed?: (cursor: string) => void;
  /**
   * Whether a subscription shows a result that is newer than its last event. It is then started without a cursor.
   * @default always false
   */
  readonly startsAnew?: (id: number | string) => boolean;
  /**
   * Applies deltas of live queries.
   * @default the server sends whole results
   */
  readonly deltas?: LiveDeltas | undefined;
}

interface Incoming {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: { readonly cursor: string };
  /** Added to a live query's event that is the last of its flush. */
  readonly userdo?: { readonly flushed: string };
  readonly result?: IncomingData & { readonly type: string };
  readonly error?: unknown;
}

/**
 * Encodes JSON as tRPC's client does, and adds the cursor at which each subscription started. tRPC's client has no cursor
 * before the first event, so a subscription that lost its connection before that would miss changes. It also reports
 * complete flushes, which tRPC's client ignores. The server sends them in a separate frame, or with the flush's last event.
 */
export function createCursorEncoder({
  onFlushed = () => {},
  startsAnew = () => false,
  deltas,
}: CursorEncoderOptions = {}): Encoder {
  const startedAt = new Map<number | string, string>();

  function withCursor(message: Outgoing): unknown {
    const { id, method, params } = message;
    if (id === undefined || id === null) return message;
    if (method === "subscription.stop") end(id);
    if (method !== "subscription") return message;
    const lastEventId = startsAnew(id) ? undefined : params?.lastEventId;
    if (deltas && params?.path === "_live") {
      const isHeld = deltas.begin(id, lastEventId);
      return {
        ...message,
        params: { ...params, lastEventId: isHeld ? lastEventId : undefined, userdo: { deltas: true } },
      };
    }
    const userdo = startsAnew(id) ? {} : { startedAt: startedAt.get(id) };
    return { ...message, params: { ...params, lastEventId, userdo } };
  }

  function end(id: number | string): void {
    startedAt.delete(id);
    deltas?.end(id);
  }

  /** Returns the message as tRPC's client reads it. */
  function withResult(message: Incoming): unknown {
    const { id, result, error } = message;
    if (!deltas || id === undefined || id === null) return message;
    if (error !== undefined || result?.type === "stopped") deltas.end(id);
    if (result?.type !== "data") return message;
    const read = deltas.read(id, result);
    // tRPC's client ignores requests that it does not know.
    return read ? { ...message, result: read } : { id: null, method: "userdo.ignored" };
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
      return withResult(message) as ReturnType<Encoder["decode"]>;
    },
  };
}

function isList(messages: Outgoing | readonly Outgoing[]): messages is readonly Outgoing[] {
  return Array.isArray(messages);
}
