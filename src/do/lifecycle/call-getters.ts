const CALL = Symbol("trpc-userdo.call");

/**
 * Defines the getters of the contexts of calls, for values that most procedures do not read. All contexts share them: an object
 * literal creates its getters anew for each call, which takes several times as long as the rest of the context.
 *
 * @returns a function that adds the getters of a call to a context. They are its own enumerable properties, as in a literal, so
 * that a spread of the context evaluates them
 */
export function createGetters<TCall extends object>(getters: Readonly<Record<string, (call: TCall) => unknown>>) {
  const properties = Object.entries(getters).map(([name, read]) => ({
    name,
    property: {
      configurable: true,
      enumerable: true,
      get(this: { readonly [CALL]: TCall }): unknown {
        return read(this[CALL]);
      },
    },
  }));
  return (context: object, call: TCall): object => {
    const extended: { [CALL]?: TCall } = context;
    // Enumerable, because copies of the context need it.
    extended[CALL] = call;
    for (const { name, property } of properties) Object.defineProperty(extended, name, property);
    return extended;
  };
}
