/**
 * Wraps a hook of tRPC, so that its error names `UserDOProvider` if there is no provider. tRPC's own error names a provider that the
 * app does not use.
 *
 * @throws Error without a `UserDOProvider` around the component
 */
export function requireProvider<TValue>(name: string, hook: () => TValue): () => TValue {
  return () => {
    try {
      return hook();
    } catch (cause) {
      throw new Error(`${name}() needs a <UserDOProvider> around the component.`, { cause });
    }
  };
}
