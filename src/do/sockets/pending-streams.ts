import type { Call } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { Cursor } from "../../shared/cursor.js";
import { randomId } from "../../shared/random-id.js";
import type { OpenedResult } from "./stream-scope.js";

/** A stream whose procedure has run and whose Worker has not opened a socket for it yet. */
export interface PendingStream {
  readonly caller: Caller;
  readonly call: Call;
  readonly opened: OpenedResult;
  /** The head of the change log when the call was received. The stream starts there, however late the Worker opens it. */
  readonly calledAt: Cursor | undefined;
}

/** Lifetime of a ticket, in milliseconds. A Worker opens its socket right after it has received the ticket. */
const TICKET_LIFETIME_MS = 30_000;

/**
 * Stores streams until a Worker opens them. An async iterable cannot cross Workers RPC, so the reply to a call that returns one is a
 * ticket. The Worker opens a socket with the ticket and receives the stream on it; the object can hibernate under that socket. A
 * ticket is sent to Workers with the binding only, and is valid once.
 */
export function createPendingStreams() {
  const streams = new Map<string, PendingStream & { readonly expiresAt: number }>();

  /** Deletes expired streams. They are in the order of their expiry. */
  function prune(now: number): void {
    for (const [ticket, { expiresAt, opened }] of streams) {
      if (expiresAt > now) return;
      streams.delete(ticket);
      if (opened.kind === "iterable") opened.controller.abort();
    }
  }

  return {
    /** Stores a stream and returns its ticket. */
    add(stream: PendingStream): string {
      const now = Date.now();
      prune(now);
      const ticket = randomId();
      streams.set(ticket, { ...stream, expiresAt: now + TICKET_LIFETIME_MS });
      return ticket;
    },

    /** Returns the stream of a ticket and deletes it; returns `undefined` if the ticket is invalid, used or expired. */
    take(ticket: string): PendingStream | undefined {
      prune(Date.now());
      const stream = streams.get(ticket);
      streams.delete(ticket);
      return stream;
    },
  };
}
