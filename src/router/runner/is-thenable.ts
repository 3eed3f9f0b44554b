/** The same test as that of `await`, which is skipped for all other values. A promise of Workers RPC is not a `Promise`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return typeof (value as { readonly then?: unknown }).then === "function";
}
