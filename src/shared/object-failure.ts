import type { ErrorReason } from "./error-reason.js";

/** A failure that the object's code did not cause: the object was reset or is overloaded. */
export interface ObjectFailure {
  readonly code: "SERVICE_UNAVAILABLE" | "TOO_MANY_REQUESTS";
  readonly reason: Extract<ErrorReason, "OBJECT_RESET" | "OBJECT_OVERLOADED">;
  /** Seconds after which the call can succeed. */
  readonly retryAfter: number;
  readonly message: string;
}

export const objectReset: ObjectFailure = {
  code: "SERVICE_UNAVAILABLE",
  reason: "OBJECT_RESET",
  retryAfter: 1,
  message: "The server was restarted during the call. A change may or may not have been saved. Try again.",
};

const overloaded: ObjectFailure = {
  code: "TOO_MANY_REQUESTS",
  reason: "OBJECT_OVERLOADED",
  retryAfter: 5,
  message: "The server has too many calls of this account or organization to handle. Try again in a few seconds.",
};

/** The properties with which the platform describes an error of a stub. */
interface PlatformError extends Error {
  /** The connection to the object was lost. */
  readonly retryable?: unknown;
  readonly overloaded?: unknown;
  /** The object lost its memory, for example because its code was updated. */
  readonly durableObjectReset?: unknown;
}

/**
 * Classifies the error of a call to an object; `undefined` for an error of the object's code.
 *
 * @see https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 */
export function objectFailureOf(error: unknown): ObjectFailure | undefined {
  if (!isPlatformError(error)) return undefined;
  // An object that exceeded its memory is also reset, but a retry would exceed it again.
  if (error.overloaded === true) return overloaded;
  return error.durableObjectReset === true || error.retryable === true ? objectReset : undefined;
}

/**
 * Whether the sender may retry calls after an error. It may retry calls that only read, unless the platform has already done
 * so. Mutations can only if they have a key, by which the object recognizes the repeat. A mutation with a key is sent
 * once more only after `retryable`, which means that the connection was lost. `durableObjectReset` alone can mean that the
 * mutation itself exceeded the CPU time: a retry would reset the object again.
 */
export function canRetry(
  error: unknown,
  calls: "reads" | "keyed" | "others",
  { platformRetriesReads }: { readonly platformRetriesReads: boolean },
): boolean {
  if (calls === "others" || objectFailureOf(error) !== objectReset) return false;
  const { retryable } = error as PlatformError;
  return calls === "keyed" ? retryable === true : !platformRetriesReads || retryable !== true;
}

/** Whether an object does not have a method, because it runs an earlier version or another class. */
export function isMissingMethod(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  // The second is the message in Cloudflare's Vitest plugin.
  return [`does not implement the method "${name}"`, `does not implement "${name}"`].some((text) =>
    error.message.includes(text),
  );
}

/** Errors of other libraries have `retryable` too, but also a name or a code. The platform's are plain. */
function isPlatformError(error: unknown): error is PlatformError {
  return error instanceof Error && error.name === "Error" && !("code" in error);
}
