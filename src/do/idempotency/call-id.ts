import { hash } from "node:crypto";
import { canonicalText } from "../../shared/canonical-text.js";
import type { Caller } from "../../shared/caller.js";
import { memberKey } from "../scheduling/member-key.js";
import type { CallId } from "./idempotency-store.js";

/** Returns the id of a mutation. The same key of another user or session identifies another mutation. */
export function callIdOf(caller: Caller, key: string): CallId {
  const session = caller.type !== "user" ? "" : caller.via === "session" ? `session ${caller.sessionId}` : caller.via;
  return { caller: memberKey(caller), session, key };
}

/**
 * Returns the hash with which a repeat is recognized. The input can be a password, so the hash depends on a secret, without which
 * it cannot be guessed from the stored hash.
 */
export function hashInput(input: unknown, secret: string): string {
  return hash("sha256", `${secret} ${canonicalText(input)}`, "base64url");
}

/**
 * Returns the key that a mutation hands on to the calls it makes. It identifies the mutation among those of all callers and
 * objects, because two callers may send the same key.
 */
export function handedOnKey(owner: string, { caller, session, key }: CallId, path: string): string {
  return hash("sha256", JSON.stringify([owner, caller, session, path, key]), "base64url");
}
