import { TRPCError, type TRPCCombinedDataTransformer } from "@trpc/server";
import type { ErrorShape } from "../../shared/call.js";
import type { ObjectStub } from "../../shared/object-stub.js";
import { STREAM_TICKET_HEADER } from "../../shared/socket-request.js";
import { ForwardedError } from "../calls/forwarded-error.js";
import { leaveAtOnce } from "./leave-at-once.js";
import { receive } from "./receive.js";

/** Keeps a request's work going when its client has left. */
export type WaitUntil = (work: Promise<unknown>) => void;

/** A frame of tRPC's WebSocket protocol, as far as one subscription's stream has it. */
interface Frame {
  readonly result?: { readonly type: "data" | "stopped" | "started"; readonly id?: string; readonly data?: unknown };
  readonly error?: unknown;
}

export interface ReadStreamOptions {
  readonly stub: ObjectStub;
  /** What the reply to the call said. */
  readonly ticket: string;
  readonly transformer: Pick<TRPCCombinedDataTransformer["output"], "deserialize">;
  /** How an event with an id is handed on. */
  readonly track: (id: string, data: unknown) => unknown;
  /** Ends the stream, and with it the app's generator. */
  readonly signal?: AbortSignal | undefined;
  readonly waitUntil?: WaitUntil | undefined;
}

/**
 * The stream behind a ticket, over a socket to the object: it sleeps under it, which it could not under a pending
 * RPC. The object is told that values were read only when they were, so a slow reader slows the object's sending.
 */
export function readStream({ signal, ...options }: ReadStreamOptions): AsyncGenerator<unknown, unknown> {
  const left = new AbortController();
  const ends = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
  return leaveAtOnce(read({ ...options, signal: ends }), () => left.abort());
}

async function* read(options: ReadStreamOptions): AsyncGenerator<unknown, unknown> {
  const { stub, ticket, transformer, track, signal, waitUntil } = options;
  const headers = { Upgrade: "websocket", [STREAM_TICKET_HEADER]: ticket };
  const opening = stub.fetch(new Request("https://object/stream", { headers }));
  // A client that leaves meanwhile ends its request, and nobody would be left to close the socket.
  waitUntil?.(opening.then(() => scheduler.wait(0)).catch(() => {}));
  const { webSocket: socket } = await opening;
  if (!socket) throw lost();
  try {
    for await (const text of receive(socket, signal)) {
      if (text === "PING") {
        socket.send("PONG");
        continue;
      }
      const { result, error } = JSON.parse(text) as Frame;
      if (error !== undefined) throw new ForwardedError(transformer.deserialize(error) as ErrorShape);
      if (result?.type === "stopped")
        return result.data === undefined ? undefined : (transformer.deserialize(result.data) as unknown);
      if (result?.type !== "data") continue;
      const value: unknown = transformer.deserialize(result.data);
      yield isTracked(value, result.id) ? track(value.id, value.data) : value;
    }
    if (!signal?.aborted) throw lost();
    return undefined;
  } finally {
    socket.close();
  }
}

/** An event of a generator that has tracked before carries the last id, too, but is not itself tracked. */
function isTracked(value: unknown, id: string | undefined): value is { readonly id: string; readonly data: unknown } {
  return (
    id !== undefined &&
    typeof value === "object" &&
    value !== null &&
    "data" in value &&
    "id" in value &&
    value.id === id
  );
}

function lost(): TRPCError {
  return new TRPCError({
    code: "SERVICE_UNAVAILABLE",
    message: "The object was restarted, or the session is over. Subscribe again: a tracked subscription resumes.",
  });
}
