import type { AnyTRPCRouter } from "@trpc/server";
import { withCursorText, withReplyCursor } from "../../shared/reply-cursor.js";
import type { ErrorShape } from "../../shared/call.js";

/** The id of the message that a frame answers. */
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
  const frame = ({ id, jsonrpc }: FrameHead, body: string): string =>
    `{"id":${typeof id === "number" ? id : JSON.stringify(id)},${jsonrpc ? '"jsonrpc":"2.0",' : ""}${body}}`;

  return {
    /** @param cursor the position at which the subscription starts, for this package's own client */
    started: (head: FrameHead, cursor?: string): string =>
      frame(head, `"result":${JSON.stringify({ type: "started", id: cursor })}`),
    /** @param returned the return value of a streamed query, for the Worker that reads the stream */
    stopped: (head: FrameHead, returned?: unknown): string =>
      frame(
        head,
        `"result":${JSON.stringify({ type: "stopped", data: returned === undefined ? undefined : serialize(returned) })}`,
      ),
    /** @param cursor the last event id of the subscription. tRPC's client deletes its own when an event has none. */
    data: (head: FrameHead, data: unknown, cursor?: string): string =>
      frame(head, `"result":${JSON.stringify({ type: "data", id: cursor, data: serialize(data) })}`),
    /** @param cursor the position in the change log after the call's writes */
    reply: (head: FrameHead, data: unknown, cursor: string | undefined): string =>
      frame(head, `"result":${JSON.stringify({ type: "data", data: withReplyCursor(serialize(data), cursor) })}`),
    /** @param text the serialized data of the reply */
    replyText: (head: FrameHead, text: string, cursor: string | undefined): string =>
      frame(head, `"result":{"type":"data","data":${withCursorText(text, cursor)}}`),
    error: (head: FrameHead, shape: ErrorShape): string => frame(head, `"error":${JSON.stringify(serialize(shape))}`),
    /** Asks the client to reconnect on a new socket, with new credentials. */
    reconnect: (): string => '{"id":null,"method":"reconnect"}',
    /** Returns the part of a tracked event that is the same for all subscribers, so that it is serialized once. */
    event: (id: string, data: unknown): string =>
      `"result":${JSON.stringify({ type: "data", id, data: serialize({ id, data }) })}`,
    withEvent: (head: FrameHead, event: string): string => frame(head, event),
  };
}

export type Frames = ReturnType<typeof createFrames>;
