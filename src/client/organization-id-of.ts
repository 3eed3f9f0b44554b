/** Returns the organization whose object handles a call, from the reserved input key; `undefined` for the user's own object. */
export function organizationIdOf(input: unknown): string | undefined {
  const id = (input as { readonly organizationId?: unknown } | null | undefined)?.organizationId;
  return typeof id === "string" ? id : undefined;
}
