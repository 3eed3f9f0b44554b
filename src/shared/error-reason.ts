/** Stable names of errors that an app can branch on or translate. A client finds one in `error.data.reason`. */
const reasons = [
  "ADDRESS_VERIFIED",
  "COOKIES_DROPPED",
  "LINK_NEEDS_SESSION",
  "LINK_USED",
  "MAIL_NOT_CONFIGURED",
  "MEMBER_QUOTA",
  "OBJECT_OVERLOADED",
  "PASSWORD_CHANGED",
  "SESSION_CHANGED",
  "SOCKET_TICKET_INVALID",
  "TOO_MANY_INVITATIONS",
  "TOO_MANY_WRONG_PASSWORDS",
] as const;

export type ErrorReason = (typeof reasons)[number];

/**
 * The reason of an error that a call of a client, or of a server-side caller, was rejected with; `undefined` for an
 * error without one.
 */
export function errorReason(error: unknown): ErrorReason | undefined {
  const data = field(error, "data") ?? field(field(error, "shape"), "data");
  const reason = field(data, "reason");
  return reasons.find((known) => known === reason);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
