/** Whose object a call goes to, as on the server: the organization that the reserved input key names, or the user's own. */
export function organizationIdOf(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null || !("organizationId" in input)) return undefined;
  return typeof input.organizationId === "string" ? input.organizationId : undefined;
}
