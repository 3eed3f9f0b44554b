import { createHash } from "node:crypto";
import type { AnyTRPCRouter } from "@trpc/server";
import { byteLength } from "../sockets/byte-length.js";

/** A result on its way to its subscribers: serialized once for all of them. */
export interface LiveResult {
  /** Says whether another is the same. */
  readonly hash: string;
  /** How large it is on the wire. */
  readonly bytes: number;
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
      hash: createHash("sha256").update(text).digest("base64url").slice(0, 22),
      bytes: byteLength(text),
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

/** The id of a live query's event: where the log stood, and what was told. */
export function formatEventId(cursor: string, hash: string): string {
  return `${cursor}.${hash}`;
}

/** What the event told that a client comes back with. */
export function hashOf(eventId: string | undefined): string | undefined {
  return eventId?.split(".")[2];
}
