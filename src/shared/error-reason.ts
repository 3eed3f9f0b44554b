/** Stable names of errors that an app can branch on or translate. A client finds one in `error.data.reason`. */
export type ErrorReason =
  | "ACCOUNT_CHANGED"
  | "ALREADY_MEMBER"
  | "BATCH_TOO_LARGE"
  | "BATCH_TYPES_MIXED"
  | "BINARY_INPUT"
  | "BLOCK_NOT_FOUND"
  | "BODY_INCOMPLETE"
  | "BODY_TOO_LARGE"
  | "CANNOT_RESUME"
  | "CONFIGURATION_INVALID"
  | "CONFIRMATION_TIMED_OUT"
  | "CONNECTION_PARAMS_IN_URL"
  | "CONTENT_ENCODING_UNSUPPORTED"
  | "CONTENT_TYPE_UNSUPPORTED"
  | "COOKIES_AMBIGUOUS"
  | "COOKIES_DROPPED"
  | "CURSOR_INVALID"
  | "DUPLICATE_ID"
  | "DUPLICATE_KEY"
  | "EMAIL_INVALID"
  | "EMAIL_NOT_VERIFIED"
  | "EMAIL_TAKEN"
  | "EMAIL_UNCHANGED"
  | "EMAIL_VERIFIED"
  | "FIELDS_TOO_LARGE"
  | "FIELD_UNKNOWN"
  | "FORM_MALFORMED"
  | "HTTP_REQUIRED"
  | "INPUTS_TOO_LARGE"
  | "INPUT_INVALID"
  | "INPUT_MALFORMED"
  | "INPUT_TOO_COMPLEX"
  | "INPUT_TOO_DEEP"
  | "INVALID_ENCODING"
  | "INVITATION_NOT_FOUND"
  | "INVITATION_QUOTA"
  | "INVITED_BY_APP"
  | "KEY_INVALID"
  | "KEY_NOT_NUMERIC"
  | "LAST_OWNER"
  | "LINK_INVALID"
  | "LINK_NEEDS_SESSION"
  | "LINK_USED"
  | "LIVE_QUERY_EXTERNAL"
  | "LIVE_QUERY_WRITES"
  | "MAIL_NOT_CONFIGURED"
  | "MALFORMED_MESSAGE"
  | "MEMBER_NOT_FOUND"
  | "MEMBER_QUOTA"
  | "MESSAGE_TOO_LARGE"
  | "METHOD_NOT_ALLOWED"
  | "MISSING_PERMISSION"
  | "NETWORK_RATE_LIMITED"
  | "NOT_A_MEMBER"
  | "NOT_SIGNED_IN"
  | "NO_SESSION"
  | "OBJECT_OVERLOADED"
  | "OBJECT_RESET"
  | "OPERATOR_INVALID"
  | "ORGANIZATION_ID_INVALID"
  | "ORGANIZATION_ID_MISSING"
  | "ORGANIZATION_UNAVAILABLE"
  | "ORIGIN_NOT_ALLOWED"
  | "ORIGIN_UNKNOWN"
  | "OWNER_REQUIRED"
  | "PASSWORD_BREACHED"
  | "PASSWORD_CHANGED"
  | "PASSWORD_MALFORMED"
  | "PASSWORD_TOO_LONG"
  | "PASSWORD_TOO_SHORT"
  | "PATH_INVALID"
  | "PROCEDURE_NOT_FOUND"
  | "QUERY_INVALID"
  | "QUERY_MALFORMED"
  | "QUERY_TOO_COMPLEX"
  | "REFRESH_TOKEN_INVALID"
  | "REPLY_MISSING"
  | "RESULT_NOT_ITERABLE"
  | "RESULT_TOO_LARGE"
  | "ROLE_TOO_HIGH"
  | "ROW_NOT_FOUND"
  | "SESSION_CHANGED"
  | "SESSION_CHECK_FAILED"
  | "SESSION_DATA_INVALID"
  | "SESSION_DATA_TOO_LARGE"
  | "SESSION_ENDED"
  | "SESSION_NOT_FOUND"
  | "SOCKET_TICKET_INVALID"
  | "STREAM_INTERRUPTED"
  | "STREAM_NEEDS_BATCH"
  | "TOKEN_MALFORMED"
  | "TOO_MANY_BLOCKED_INVITERS"
  | "TOO_MANY_EMAIL_CHANGES"
  | "TOO_MANY_INVITATIONS"
  | "TOO_MANY_MAILS"
  | "TOO_MANY_ORGANIZATIONS"
  | "TOO_MANY_SUBSCRIPTIONS"
  | "TOO_MANY_WRONG_PASSWORDS"
  | "UNIQUE_CONFLICT"
  | "UPGRADE_FAILED"
  | "URL_TOO_LONG"
  | "USER_NOT_FOUND"
  | "USER_REQUIRED"
  | "VALUE_INVALID"
  | "VALUE_TOO_LARGE"
  | "VERSION_CONFLICT"
  | "WEAK_PASSWORD"
  | "WRONG_CREDENTIALS"
  | "WRONG_OBJECT"
  | "WRONG_ORGANIZATION"
  | "WRONG_PASSWORD";

/** Two or more words. The client checks this form, because a list of all reasons would enlarge every page. */
const REASON = /^[A-Z\d]+(_[A-Z\d]+)+$/;

/**
 * The reason of an error that a call of a client, or of a server-side caller, was rejected with; `undefined` for an
 * error without one. A server of a newer version, or the app's `errorFormatter`, may send reasons that the type does not
 * list.
 */
export function errorReason(error: unknown): ErrorReason | undefined {
  const data = field(error, "data") ?? field(field(error, "shape"), "data");
  // An error that was not sent to a client has its reason itself.
  const reason = field(data, "reason") ?? field(error, "reason");
  return isReason(reason) ? reason : undefined;
}

/** Whether a value has the form of a reason. */
export function isReason(value: unknown): value is ErrorReason {
  return typeof value === "string" && REASON.test(value);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
