/** What `_live`, the carrier of live queries, is asked: which query, and whose object it runs in. */
export interface LiveInput {
  /** As the query's own input has it. Outside as well, where the object and its socket are found by it. */
  readonly organizationId?: unknown;
  readonly path: string;
  readonly input: unknown;
}

/** The input of the carrier that keeps a query current. */
export function liveInputOf(path: string, input: unknown): LiveInput {
  const isOrganizations = typeof input === "object" && input !== null && "organizationId" in input;
  return { ...(isOrganizations && { organizationId: input.organizationId }), path, input };
}
