/** Returns the organization whose object handles a call, from the reserved input key; `undefined` for the user's own object. */
export function organizationIdOf(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null || !("organizationId" in input)) return undefined;
  return typeof input.organizationId === "string" ? input.organizationId : undefined;
}
