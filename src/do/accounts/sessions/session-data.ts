import { TRPCError } from "@trpc/server";
import { decodeJson, encodeJson } from "../../tables/codec/json-codec.js";
import { ValueError } from "../../tables/codec/value-error.js";
import { byteLength } from "../../../shared/byte-length.js";
import { limits } from "../../../shared/limits.js";

/**
 * Encodes a session's data for its row, as text in which a Date stays a Date.
 *
 * @throws TRPCError BAD_REQUEST for what cannot be stored, PAYLOAD_TOO_LARGE
 */
export function encodeSessionData(data: object): string {
  const text = encode(data);
  if (byteLength(text) <= limits.sessionDataBytes) return text;
  throw new TRPCError({
    code: "PAYLOAD_TOO_LARGE",
    message: `A session's data takes at most ${limits.sessionDataBytes} bytes. Keep what is larger in a table.`,
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
    throw new TRPCError({ code: "BAD_REQUEST", message: `The session's data ${cause.message}`, cause });
  }
}
