import { toHex } from "./hex.js";

/** Creates an id of the framework: 128 random bits as 32 hex digits. */
export function randomId(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}
