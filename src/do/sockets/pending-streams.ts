import type { Call } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { Cursor } from "../../shared/cursor.js";
import { randomId } from "../../shared/random-id.js";
import type { OpenedResult } from "./opened.js";

/** A stream whose procedure has run, and that waits for a Worker to open a socket for it. */
export interface PendingStream {
  readonly caller: Caller;
  readonly call: Call;
  readonly opened: OpenedResult;
  /**
   * The log's head when the call came in: whoever made it is told of what is written from then on, however late they
   * begin to read.
   */
  readonly calledAt: Cursor | undefined;
}

/** In milliseconds. A Worker opens its socket right after it was told the ticket. */
const LIFETIME = 30_000;

/**
 * An async iterable does not cross Workers RPC. So the answer to a call that returns one is a ticket, and the
 * Worker that shows it gets the stream over a socket, which lets the object sleep under it. Only a Worker with the
 * binding is ever told a ticket; it works once.
 */
export function createPendingStreams() {
  const held = new Map<string, PendingStream & { readonly expiresAt: number }>();

  function sweep(now: number): void {
    for (const [ticket, { expiresAt, opened }] of held) {
      if (expiresAt > now) return;
      held.delete(ticket);
      if (opened.kind === "iterable") opened.controller.abort();
    }
  }

  return {
    hold(stream: PendingStream): string {
      const now = Date.now();
      sweep(now);
      const ticket = randomId();
      held.set(ticket, { ...stream, expiresAt: now + LIFETIME });
      return ticket;
    },

    take(ticket: string): PendingStream | undefined {
      sweep(Date.now());
      const stream = held.get(ticket);
      held.delete(ticket);
      return stream;
    },
  };
}
