import { toEventDefinition, type EventDefinitions } from "../../router/events/event-definitions.js";
import type { Events } from "../../router/events/events-api.js";
import type { ChangeHub } from "../change-log/change-hub.js";
import { watchRollbacks } from "../tables/watch-rollbacks.js";
import { createEvents, type CreateEventsOptions } from "./create-events.js";
import { createEventStore, EVENTS_TABLE, toTransientChange, type EncodedEvent } from "./event-store.js";

export interface OwnerEventsOptions {
  readonly storage: DurableObjectStorage;
  /** SQL storage that refuses the writes of live queries. */
  readonly sql: SqlStorage;
  /** The events of this kind of owner; `undefined` if it has none. */
  readonly definitions: EventDefinitions | undefined;
  /** Called after each stored event, with its bytes. */
  readonly onStore: (bytes: number) => void;
  /** Schedules a call of `announce` after this turn, as a write does. */
  readonly schedule: () => void;
}

/** Creates the events of one owner. */
export function createOwnerEvents({ storage, sql, definitions = {}, onStore, schedule }: OwnerEventsOptions) {
  const byName = new Map(Object.entries(definitions).map(([name, event]) => [name, toEventDefinition(event)]));
  const store = createEventStore(sql);
  /** Events that are not stored, until the transactions of this turn are committed. */
  let pending: EncodedEvent[] = [];
  if (Array.from(byName.values()).some(({ isTransient }) => isTransient)) {
    watchRollbacks(storage, () => {
      const before = pending.length;
      return () => void (pending = pending.slice(0, before));
    });
  }

  return {
    store,

    /** The events for one call, or for the app's own code without a caller. */
    events: (changes: CreateEventsOptions["changes"]): Events<never> =>
      createEvents({
        definitions: byName,
        changes,
        store(event, bytes) {
          store.add(event);
          onStore(bytes);
        },
        announce(event) {
          schedule();
          pending.push(event);
        },
      }),

    /** Delivers the events that are not stored. Call it after each turn in which something was written. */
    announce(hub: ChangeHub | undefined): void {
      const events = pending;
      if (events.length === 0) return;
      pending = [];
      hub?.announce(EVENTS_TABLE, events.map(toTransientChange));
    },
  };
}
