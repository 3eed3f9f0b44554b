/** What this package reads from the context of a mutation. */
export interface MutationContext {
  /** Called with the position of the mutation's writes; with `undefined` if the server did not send it. */
  readonly onWritten?: (written: { readonly cursor: string } | undefined) => void;
}

/** The key in the context of a subscription for the function that is called with the position at which it starts. */
export const ON_STARTED_AT = "userdo.onStartedAt";

/** Called with a position in the change log. */
export type OnPosition = (cursor: string) => void;
