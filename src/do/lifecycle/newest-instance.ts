/** Shared by all copies of this package in an isolate, because a development server can load it several times. */
const NEWEST = Symbol.for("trpc-userdo.newest-instance");

/** The record of the newest instance, on the storage that all instances of an object share. */
interface Holder {
  [NEWEST]?: { readonly retire: () => void };
}

/**
 * Registers an instance of an object as the newest on its state, and retires the previous one. In production an object has
 * one instance. Development servers construct another one on the same state after each edit of the code, while the previous
 * one still runs: it must stop delivering to sockets, because the newest one does.
 *
 * @param retire called when a newer instance takes over
 */
export function becomeNewestInstance({ storage }: Pick<DurableObjectState, "storage">, retire: () => void): void {
  const holder = storage.sql as Holder;
  holder[NEWEST]?.retire();
  Object.defineProperty(holder, NEWEST, { value: { retire }, configurable: true, writable: true });
}
