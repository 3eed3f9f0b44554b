/** Shared by all copies of this package in an isolate: a development server may load it again. */
const NEWEST = Symbol.for("trpc-userdo.newest-instance");

/** The record of the newest instance, on the storage that all instances of an object share. */
interface Holder {
  [NEWEST]?: { readonly retire: () => void };
}

/**
 * Registers an instance of an object as the newest on its state, and retires the one before. In production an object has
 * one instance. Development servers construct another one on the same state after each edit of the code, and the one before
 * lives on: it must no longer deliver to sockets, which the newest does now.
 *
 * @param retire called when a newer instance takes over
 */
export function becomeNewestInstance({ storage }: Pick<DurableObjectState, "storage">, retire: () => void): void {
  const holder = storage.sql as Holder;
  holder[NEWEST]?.retire();
  Object.defineProperty(holder, NEWEST, { value: { retire }, configurable: true, writable: true });
}
