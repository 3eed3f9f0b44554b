/** The id of a live query's event: the position in the change log and the hash of the result. */
export function formatLiveEventId(cursor: string, hash: string): string {
  return `${cursor}.${hash}`;
}

/** Reads the hash of the result from the id of a live query's event. */
export function hashInEventId(eventId: string | undefined): string | undefined {
  return eventId?.split(".")[2];
}
