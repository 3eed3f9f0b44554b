import { createHash } from "node:crypto";
import type { AnyTRPCRouter } from "@trpc/server";
import { byteLength } from "../../shared/byte-length.js";

/** A result that was serialized once for all its subscribers. */
export interface LiveResult {
  /** Equal results have equal hashes. */
  readonly hash: string;
  /** Size on the wire, in bytes. */
  readonly bytes: number;
  /** Length of the text, in characters. */
  readonly characters: number;
  /** Returns the event with an id, in the format of `Frames.event`. */
  event(id: string): string;
}

/** The beginning of an event with an empty id. */
const HEAD = '{"json":{"id":""';

/** Serializes a result as a client receives it, so that results which look equal to a client have equal hashes. */
export function createLiveResults(router: AnyTRPCRouter) {
  const { output } = router._def._config.transformer;
  return (data: unknown): LiveResult => {
    const text = JSON.stringify(output.serialize({ id: "", data }));
    return {
      hash: hashText(text),
      bytes: byteLength(text),
      characters: text.length,
      event(id) {
        const quoted = JSON.stringify(id);
        const body = text.startsWith(HEAD)
          ? `${HEAD.slice(0, -2)}${quoted}${text.slice(HEAD.length)}`
          : JSON.stringify(output.serialize({ id, data }));
        return `"result":{"type":"data","id":${quoted},"data":${body}}`;
      },
    };
  };
}

/** How many characters are hashed at a time. Hashing copies the string. */
const HASHED_AT_ONCE = 65_536;

function hashText(text: string): string {
  const hash = createHash("sha256");
  for (let from = 0; from < text.length;) {
    let until = from + HASHED_AT_ONCE;
    // A surrogate pair must not be split, because half of it cannot be encoded.
    if (isHighSurrogate(text.charCodeAt(until - 1))) until--;
    hash.update(text.slice(from, until));
    from = until;
  }
  return hash.digest("base64url").slice(0, 22);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** The id of a live query's event: the position in the change log and the hash of the result. */
export function formatEventId(cursor: string, hash: string): string {
  return `${cursor}.${hash}`;
}

/** Reads the hash of the result from an event id that a client sends when it reconnects. */
export function hashOf(eventId: string | undefined): string | undefined {
  return eventId?.split(".")[2];
}
