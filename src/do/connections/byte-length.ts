import { Buffer } from "node:buffer";

/** How many bytes a text is on the wire. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
