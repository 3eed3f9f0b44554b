/** The input of `_live`, the built-in subscription that carries a live query. */
export interface LiveInput {
  /** Copied from the input of the query, so that routing can read it. */
  readonly organizationId?: unknown;
  readonly path: string;
  readonly input: unknown;
}

/** Creates the input of `_live` for a query. */
export function liveInputOf(path: string, input: unknown): LiveInput {
  const organizationId = (input as { readonly organizationId?: unknown } | null | undefined)?.organizationId;
  return { ...(organizationId !== undefined && { organizationId }), path, input };
}
