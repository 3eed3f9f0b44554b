import type { AnyTRPCRouter } from "@trpc/server";
import { withReplyCursor } from "../../shared/reply-cursor.js";
import type { ErrorShape } from "../../shared/call.js";

/** Which message a frame answers. */
export interface FrameHead {
  readonly id: string | number | null;
  readonly jsonrpc?: "2.0" | undefined;
}

/**
 * Writes the frames of tRPC's WebSocket protocol.
 * @see https://trpc.io/docs/rpc
 */
export function createFrames(router: AnyTRPCRouter) {
  const serialize = (value: unknown): unknown => router._def._config.transformer.output.serialize(value);
  const frame = (head: FrameHead, body: string): string =>
    `{"id":${JSON.stringify(head.id)},${head.jsonrpc ? '"jsonrpc":"2.0",' : ""}${body}}`;

  return {
    /** With the cursor that the subscription starts at, for a client that said it keeps it. */
    started: (head: FrameHead, cursor?: string): string =>
      frame(head, `"result":${JSON.stringify({ type: "started", id: cursor })}`),
    /** With what a streamed query returned, for the Worker that reads it. */
    stopped: (head: FrameHead, returned?: unknown): string =>
      frame(
        head,
        `"result":${JSON.stringify({ type: "stopped", data: returned === undefined ? undefined : serialize(returned) })}`,
      ),
    /** With the cursor that stands, for a subscription that has one: a client forgets its own at an event without. */
    data: (head: FrameHead, data: unknown, cursor?: string): string =>
      frame(head, `"result":${JSON.stringify({ type: "data", id: cursor, data: serialize(data) })}`),
    /** A mutation's reply, with the position in the log that it wrote up to. */
    reply: (head: FrameHead, data: unknown, cursor: string | undefined): string =>
      frame(head, `"result":${JSON.stringify({ type: "data", data: withReplyCursor(serialize(data), cursor) })}`),
    error: (head: FrameHead, shape: ErrorShape): string => frame(head, `"error":${JSON.stringify(serialize(shape))}`),
    /** Asks the client to come back on a new socket, with fresh credentials. */
    reconnect: (): string => '{"id":null,"method":"reconnect"}',
    /** The part of a tracked event that is the same for all subscribers, to be serialized once. */
    event: (id: string, data: unknown): string =>
      `"result":${JSON.stringify({ type: "data", id, data: serialize({ id, data }) })}`,
    withEvent: (head: FrameHead, event: string): string => frame(head, event),
  };
}

export type Frames = ReturnType<typeof createFrames>;
