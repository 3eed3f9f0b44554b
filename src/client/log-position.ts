/**
 * Returns the position in the log, with which a cursor and the id of an event begin. Only the server writes them, so they are not
 * validated.
 *
 * @param otherwise the position without a cursor
 */
export function positionOf(cursor: string | undefined, otherwise: number): number {
  return cursor ? parseInt(cursor, 10) : otherwise;
}
