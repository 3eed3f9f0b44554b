import { toHex } from "./hex.js";

/** 128 random bits as 32 hex digits, as every id of the framework's own. */
export function randomId(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}
