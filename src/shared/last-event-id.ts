/**
 * The `lastEventId` in the input of a resumed subscription. Server-side callers send it there, and so do tRPC's own clients
 * when they retry (`retryLink`, or an event stream that reconnects). An id outside of the input is newer, and takes precedence.
 */
export function lastEventIdIn(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null || !("lastEventId" in input)) return undefined;
  return typeof input.lastEventId === "string" ? input.lastEventId : undefined;
}
