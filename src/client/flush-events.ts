/** Whose queries have been told all that a flush changed, and how far in that owner's log. */
export type FlushListener = (organizationId: string | undefined, cursor: string) => void;

/** The words of the server that a flush is complete: one for each owner's socket. */
export interface FlushEvents {
  readonly emit: FlushListener;
  listen(listener: FlushListener): () => void;
}

export function createFlushEvents(): FlushEvents {
  const listeners = new Set<FlushListener>();
  return {
    emit(organizationId, cursor) {
      for (const listener of listeners) listener(organizationId, cursor);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const eventsOf = new WeakMap<object, FlushEvents>();

export function rememberFlushEvents(client: object, events: FlushEvents): void {
  eventsOf.set(client, events);
}

/** Those of a client; none for one that `createClient` did not make. */
export function flushEventsOf(client: object): FlushEvents | undefined {
  return eventsOf.get(client);
}
