/** The tag of all sockets that a user opened. */
export function userTag(userId: string): string {
  return `user:${userId}`;
}

/** The tag of all sockets that a session opened. */
export function sessionTag(sessionId: string): string {
  return `session:${sessionId}`;
}
