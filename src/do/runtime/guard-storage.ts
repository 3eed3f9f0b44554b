const alarm =
  "An object has one alarm, and the framework uses it for mail, schedules and data that expires. To run work at a certain time, " +
  "schedule a procedure with ctx.schedule, or with this.schedule in the class.";

/** Methods of the storage that would break the framework, and what the app can do instead. */
const refused: Readonly<Record<string, string>> = {
  setAlarm: alarm,
  deleteAlarm: alarm,
  onNextSessionRestoreBookmark:
    "It would bring back sessions that have ended, and send messages again. Call admin.users.restore or " +
    "admin.organizations.restore, which do not.",
  deleteAll:
    "It would delete accounts and sessions without ending them. Call account.delete or organizations.delete, or delete the rows " +
    "of the app's own tables.",
};

/**
 * Creates the state that the app's class gets in `this.ctx`. Methods of the storage that would break the framework throw. The
 * framework itself uses the original state.
 */
export function guardStorage(state: DurableObjectState): DurableObjectState {
  // Created on first use, because most classes do not use the storage.
  let storage: DurableObjectStorage | undefined;
  return forward(state, (key) => {
    if (key !== "storage") return undefined;
    return (storage ??= forward(state.storage, (name) => refusalOf(name) ?? transactionOf(name, state.storage)));
  });
}

function refusalOf(name: PropertyKey): (() => never) | undefined {
  if (typeof name !== "string" || !Object.hasOwn(refused, name)) return undefined;
  return () => {
    throw new Error(`${name}() of an object's storage cannot be called in the app's class. ${refused[name]}`);
  };
}

/** `storage.transaction` passes an object with the same methods to its closure. */
function transactionOf(name: PropertyKey, storage: DurableObjectStorage) {
  if (name !== "transaction") return undefined;
  return <TResult>(closure: (transaction: DurableObjectTransaction) => Promise<TResult>): Promise<TResult> =>
    storage.transaction((transaction) => closure(forward(transaction, refusalOf)));
}

/** Creates an object that forwards everything to `target`, except properties for which `replacement` returns a value. */
function forward<TTarget extends object>(target: TTarget, replacement: (key: PropertyKey) => unknown): TTarget {
  let bound: Map<PropertyKey, unknown> | undefined;
  // Not a Proxy of the target itself, which would have to return read-only properties unchanged.
  const like = Object.create(Object.getPrototypeOf(target) as object) as TTarget;
  return new Proxy(like, {
    get(_like, key) {
      const replaced = replacement(key);
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function" || key === "constructor") return value;
      // The platform's methods reject any other `this`.
      bound ??= new Map();
      if (!bound.has(key)) bound.set(key, value.bind(target));
      return bound.get(key);
    },
    set: (_like, key, value) => Reflect.set(target, key, value, target),
    has: (_like, key) => Reflect.has(target, key),
  });
}
