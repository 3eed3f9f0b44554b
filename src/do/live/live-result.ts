import { createHash } from "node:crypto";
import type { AnyTRPCRouter } from "@trpc/server";
import { byteLength } from "../../shared/byte-length.js";

/** A result on its way to its subscribers: serialized once for all of them. */
export interface LiveResult {
  /** Says whether another is the same. */
  readonly hash: string;
  /** How large it is on the wire. */
  readonly bytes: number;
  /** How long its text is. */
  readonly characters: number;
  /** The event under an id, as `Frames.event` writes it. */
  event(id: string): string;
}

/** How an event with an empty id begins. */
const HEAD = '{"json":{"id":""';

/** Serializes a result as a client would get it, so that two that look the same to it have the same hash. */
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

/** Characters that are hashed at once: a string is copied for it. */
const HASHED_AT_ONCE = 65_536;

function hashText(text: string): string {
  const hash = createHash("sha256");
  for (let from = 0; from < text.length;) {
    let until = from + HASHED_AT_ONCE;
    // Half of a character has no bytes of its own.
    if (isHighSurrogate(text.charCodeAt(until - 1))) until--;
    hash.update(text.slice(from, until));
    from = until;
  }
  return hash.digest("base64url").slice(0, 22);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** The id of a live query's event: where the log stood, and what was told. */
export function formatEventId(cursor: string, hash: string): string {
  return `${cursor}.${hash}`;
}

/** What the event told that a client comes back with. */
export function hashOf(eventId: string | undefined): string | undefined {
  return eventId?.split(".")[2];
}
