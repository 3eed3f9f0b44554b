import type { ObjectHandler } from "../objects/object-handler.js";

/** Counters of one object at this moment, for metrics of the app. */
export interface ObjectCounters {
  /** Open sockets, including those of streams that the Worker reads. */
  readonly sockets: number;
  /** Size of the stored data, in bytes. */
  readonly databaseBytes: number;
  /** Messages to other objects and mails that wait for their delivery. */
  readonly pendingMessages: number;
  /** Messages and mails that were given up; at most 100 are stored. */
  readonly deadLetters: number;
  /** Events that are not stored and that listeners missed since the object started, because they read too slowly. */
  readonly droppedEvents: number;
}

export function readCounters(
  state: DurableObjectState,
  { countPending, deadLetters, droppedEvents }: Pick<ObjectHandler, "countPending" | "deadLetters" | "droppedEvents">,
): ObjectCounters {
  return {
    sockets: state.getWebSockets().length,
    databaseBytes: state.storage.sql.databaseSize,
    pendingMessages: countPending?.() ?? 0,
    deadLetters: deadLetters?.().length ?? 0,
    droppedEvents: droppedEvents?.() ?? 0,
  };
}
