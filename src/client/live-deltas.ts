import type { LiveDelta } from "../shared/live-delta.js";
import { hashInEventId } from "../shared/live-event-id.js";
import { applyDelta, wholeVersion, type LiveVersion, type SerializedEvent, type Transformer } from "./live-version.js";

type Id = number | string;

/** The result of a data frame: a whole event, or a delta. */
export interface IncomingData {
  readonly id?: string;
  readonly data?: unknown;
  readonly delta?: LiveDelta;
}

export interface LiveDeltasOptions {
  readonly transformer: Transformer;
  /** Called when a delta cannot be applied. The subscription must start again without the id of its last event. */
  readonly onLost: (id: Id) => void;
}

interface LastResult {
  readonly hash: string | undefined;
  readonly version: LiveVersion;
}

/** An event whose data is already deserialized. */
class DeserializedEvent {
  readonly event: { readonly id: string; readonly data: unknown };

  constructor(event: DeserializedEvent["event"]) {
    this.event = event;
  }
}

/**
 * Keeps the last result of each live query on a socket, and applies the deltas that the server sends against it, so that the page
 * only receives whole results.
 */
export function createLiveDeltas({ transformer, onLost }: LiveDeltasOptions) {
  /** The last result of each live query; `undefined` before the first one. */
  const lastResults = new Map<Id, LastResult | undefined>();

  function readWhole(id: Id, result: IncomingData): IncomingData {
    const serialized = result.data as SerializedEvent;
    try {
      const event = transformer.deserialize(serialized) as DeserializedEvent["event"];
      lastResults.set(id, { hash: hashInEventId(result.id), version: wholeVersion(serialized, event.data) });
      return { ...result, data: new DeserializedEvent(event) };
    } catch {
      lastResults.set(id, undefined);
      // tRPC's client reports the error to the subscription.
      return result;
    }
  }

  function readDelta(
    id: Id,
    { delta, ...result }: IncomingData & { readonly delta: LiveDelta },
  ): IncomingData | undefined {
    const before = lastResults.get(id);
    try {
      if (before?.hash !== delta.base) throw new TypeError("The client does not have the base of the delta.");
      const { version, data } = applyDelta(before.version, delta, transformer);
      lastResults.set(id, { hash: hashInEventId(result.id), version });
      return { ...result, data: new DeserializedEvent({ id: result.id ?? "", data }) };
    } catch {
      lastResults.set(id, undefined);
      onLost(id);
      return undefined;
    }
  }

  return {
    /**
     * Called before a live query is subscribed to, or again after a reconnect. Returns whether the client still has the result of the
     * event. If not, the server must send the next result as a whole.
     */
    begin(id: Id, lastEventId: string | undefined): boolean {
      const hasResult = lastEventId !== undefined && lastResults.get(id)?.hash === hashInEventId(lastEventId);
      if (!hasResult) lastResults.set(id, undefined);
      return hasResult;
    },

    /** Called when a subscription has ended. */
    end: (id: Id): void => void lastResults.delete(id),

    /** Reads an event of a subscription. Returns `undefined` for a delta that cannot be applied. */
    read(id: Id, result: IncomingData): IncomingData | undefined {
      if (!lastResults.has(id)) return result;
      const { delta } = result;
      return delta ? readDelta(id, { ...result, delta }) : readWhole(id, result);
    },

    /** Deserializes the data of a reply or an event, in place of the transformer. */
    deserialize: (data: unknown): unknown =>
      data instanceof DeserializedEvent ? data.event : transformer.deserialize(data as SerializedEvent),
  };
}

export type LiveDeltas = ReturnType<typeof createLiveDeltas>;
