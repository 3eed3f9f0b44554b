/**
 * A hook of tRPC that names this package's provider when there is none. tRPC's own error names one that the app never wrote.
 *
 * @throws Error without a `UserDOProvider` around the component
 */
export function namingProvider<TValue>(name: string, hook: () => TValue): () => TValue {
  return () => {
    try {
      return hook();
    } catch (cause) {
      throw new Error(`${name}() needs a <UserDOProvider> around the component.`, { cause });
    }
  };
}
