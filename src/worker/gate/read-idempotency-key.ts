import { IDEMPOTENCY_HEADER, invalidKeyMessage, isIdempotencyKey } from "../../shared/idempotency-key.js";
import { GateRefusal } from "./refusal.js";

/**
 * Reads the key in the header of a POST; `undefined` if there is none.
 *
 * @throws GateRefusal BAD_REQUEST for a key that is not valid, and for the header of a batch, in which each call has its own key
 */
export function readIdempotencyKey(headers: Headers, isBatch: boolean): string | undefined {
  const key = headers.get(IDEMPOTENCY_HEADER);
  if (key === null) return undefined;
  if (isBatch) {
    throw refusal(
      `The header ${IDEMPOTENCY_HEADER} is for a single call. In a batch, send \`idempotencyKey\` beside the \`json\` of each input.`,
    );
  }
  if (isIdempotencyKey(key)) return key;
  throw refusal(invalidKeyMessage);
}

function refusal(message: string): GateRefusal {
  return new GateRefusal({ code: "BAD_REQUEST", reason: "IDEMPOTENCY_KEY_INVALID", message });
}
