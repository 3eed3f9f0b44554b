/** Part of the message of tRPC's hooks without a provider. Their error has no class of its own. */
const WITHOUT_PROVIDER = "<TRPCProvider>";

/**
 * Wraps a hook of tRPC, so that its error without a provider names `UserDOProvider`. tRPC's own error names a provider that the
 * app does not use. Other errors are not changed, such as React's error for a hook outside of a component.
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
