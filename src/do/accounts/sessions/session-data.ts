import { ReasonedError } from "../../../router/reasoned-error.js";
import { decodeJson, encodeJson } from "../../tables/codec/json-codec.js";
import { ValueError } from "../../tables/table-errors.js";
import { byteLength } from "../../../shared/byte-length.js";
import { limits } from "../../../shared/limits.js";

/**
 * Encodes the data of a session for its row. A `Date` stays a `Date`.
 *
 * @throws TRPCError BAD_REQUEST (SESSION_DATA_INVALID) for a value that cannot be stored, PAYLOAD_TOO_LARGE (SESSION_DATA_TOO_LARGE)
 */
export function encodeSessionData(data: object): string {
  const text = encode(data);
  if (byteLength(text) <= limits.sessionDataBytes) return text;
  throw new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    reason: "SESSION_DATA_TOO_LARGE",
    message: `The session data has more than ${limits.sessionDataBytes} bytes. Store large values in a table.`,
  });
}

export function decodeSessionData(text: string): unknown {
  return decodeJson(text);
}

function encode(data: object): string {
  try {
    return encodeJson(data);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw new ReasonedError({
      code: "BAD_REQUEST",
      reason: "SESSION_DATA_INVALID",
      message: `The session data ${cause.message}`,
      cause,
    });
  }
}
