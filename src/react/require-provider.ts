/** Part of the message of tRPC's hooks without a provider. Their error has no class of its own. */
const WITHOUT_PROVIDER = "<TRPCProvider>";

/**
 * Wraps a hook of tRPC, so that its error names `UserDOProvider` if there is no provider. tRPC's own error names a provider that the
 * app does not use. Other errors, such as React's for a hook that is called outside of a component, stay as they are.
 *
 * @throws Error without a `UserDOProvider` around the component
 */
export function requireProvider<TValue>(name: string, hook: () => TValue): () => TValue {
  return () => {
    try {
      return hook();
    } catch (cause) {
      if (!(cause instanceof Error && cause.message.includes(WITHOUT_PROVIDER))) throw cause;
      throw new Error(`${name}() needs a <UserDOProvider> around the component.`, { cause });
    }
  };
}
