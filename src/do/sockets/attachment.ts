import type { Caller } from "../../shared/caller.js";

/** A subscription as it survives sleep: enough to run its procedure again. */
export interface StoredSubscription {
  readonly id: string | number;
  readonly path: string;
  readonly input: unknown;
  readonly table: string;
  readonly jsonrpc?: "2.0" | undefined;
}

/** All that an object remembers of a socket while it sleeps. Serialized with it, at most 16,384 bytes. */
export interface Attachment {
  readonly caller: Caller;
  /** When the access token that opened the socket lapses, in milliseconds since the epoch. */
  readonly lapses: number;
  readonly subscriptions: readonly StoredSubscription[];
}

export function readAttachment(socket: WebSocket): Attachment | undefined {
  return (socket.deserializeAttachment() as Attachment | null) ?? undefined;
}

export function writeAttachment(socket: WebSocket, attachment: Attachment): void {
  socket.serializeAttachment(attachment);
}
