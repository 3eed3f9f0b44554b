import { hash } from "node:crypto";
import { randomId } from "../../shared/random-id.js";

/**
 * Returns the id of what a mutation creates in other objects. It is the same for each repeat, so that a repeat after a crash
 * completes what the first call began.
 *
 * @param idempotencyKey the key that the mutation hands on; `undefined` if it has none, and the id is random
 */
export function operationIdOf(idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return randomId();
  return hash("sha256", `operation ${idempotencyKey}`, "hex").slice(0, 32);
}
