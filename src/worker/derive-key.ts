import type { Call } from "../shared/call.js";
import { sessionOf, type Caller } from "../shared/caller.js";
import { canonicalText } from "../shared/canonical-text.js";
import { toBase64Url } from "../shared/base64url.js";

/** A call of a caller with an idempotency key. */
interface KeyedTarget {
  readonly caller: Caller;
  /** The name of the object. */
  readonly owner: string;
  readonly path: string;
  readonly input: unknown;
}

/**
 * Derives the idempotency keys of the calls that a mutation makes from its own. When the mutation is repeated, its calls have the
 * same keys again, in whichever order it makes them. A call that it makes twice has two keys.
 *
 * @returns a function to be called when a call starts, because it counts the calls
 */
export function createKeyDerivation(key: string): (target: KeyedTarget) => Promise<string> {
  const counts = new Map<string, number>();
  return ({ caller, owner, path, input }) => {
    // Callers are counted separately, because an object has other keys for each of them.
    const text = JSON.stringify([key, caller.type, callerIdOf(caller), owner, path, canonicalText(input)]);
    const count = counts.get(text) ?? 0;
    counts.set(text, count + 1);
    return sha256(`${count} ${text}`);
  };
}

/** Returns the key that a mutation in the Worker hands on. Other callers, and other mutations, have other keys. */
export function handedOnKey(caller: Caller, { path, input, idempotencyKey }: Call): Promise<string> {
  const values = [caller.type, userIdOf(caller), sessionOf(caller), path, canonicalText(input), idempotencyKey];
  return sha256(JSON.stringify(["(worker)", ...values]));
}

/** The id of the user and, if the caller names one, of the session. */
function callerIdOf(caller: Caller): string {
  const userId = userIdOf(caller);
  return caller.type === "user" && caller.sessionId !== undefined ? `${userId} ${caller.sessionId}` : userId;
}

const userIdOf = (caller: Caller): string => (caller.type === "user" ? caller.userId : "");

async function sha256(text: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
