const watched = new WeakSet<object>();

/**
 * Calls back for an instance when a method that the app's own class adds has ended, or has come to its first `await`.
 * In a microtask, which never runs inside transactionSync: what it has written is committed then.
 *
 * @param from the prototype of the app's class
 * @param to the framework's own prototype, whose methods look after themselves
 */
export function afterOwnMethods(from: object, to: object, callBack: (instance: object) => void): void {
  for (let owner = from; owner !== to; owner = Object.getPrototypeOf(owner) as object) {
    // Once for a class, not for each of its objects.
    if (watched.has(owner)) continue;
    watched.add(owner);
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      const method: unknown = descriptor.value;
      if (name === "constructor" || typeof method !== "function" || !descriptor.configurable) continue;
      Object.defineProperty(owner, name, { ...descriptor, value: followedBy(method, callBack) });
    }
  }
}

// oxlint-disable-next-line typescript/no-unsafe-function-type -- a method of any shape, handed through
function followedBy(method: Function, callBack: (instance: object) => void) {
  return function (this: object, ...args: unknown[]): unknown {
    const tell = (): void => callBack(this);
    queueMicrotask(tell);
    const result: unknown = Reflect.apply(method, this, args);
    if (result instanceof Promise) void result.then(tell, tell);
    return result;
  };
}
