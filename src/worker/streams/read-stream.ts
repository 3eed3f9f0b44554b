import type { TRPCCombinedDataTransformer } from "@trpc/server";
import { ReasonedError, type ReasonedErrorOptions } from "../../router/reasoned-error.js";
import { toObjectError } from "../to-object-error.js";
import type { ErrorShape } from "../../shared/call.js";
import type { ObjectStub } from "../../shared/object-stub.js";
import { objectReset } from "../../shared/object-failure.js";
import { CLOSE_SUSPENDED } from "../../shared/close-codes.js";
import { suspensionMessage } from "../../shared/suspension.js";
import { STREAM_TICKET_HEADER } from "../../shared/socket-request.js";
import { ForwardedError } from "../calls/forwarded-error.js";
import { abortOnReturn } from "./abort-on-return.js";

/** Lets work of a request continue after its client has disconnected. */
export type WaitUntil = (work: Promise<unknown>) => void;

/** A frame of tRPC's WebSocket protocol, as the stream of one subscription contains it. */
interface Frame {
  readonly result?: { readonly type: "data" | "stopped" | "started"; readonly id?: string; readonly data?: unknown };
  readonly error?: unknown;
}

export interface ReadStreamOptions {
  readonly stub: ObjectStub;
  /** The ticket in the reply to the call. */
  readonly ticket: string;
  readonly transformer: Pick<TRPCCombinedDataTransformer["output"], "deserialize">;
  /** Converts an event that has an id. */
  readonly track: (id: string, data: unknown) => unknown;
  /** Ends the stream and the app's generator. */
  readonly signal?: AbortSignal | undefined;
  readonly waitUntil?: WaitUntil | undefined;
}

/**
 * Reads the stream of a ticket over a WebSocket to the object, under which the object can hibernate; it could not during a
 * pending RPC. The Worker acknowledges values only after they were read, so a slow reader slows the object's sending.
 */
export function readStream({ signal, ...options }: ReadStreamOptions): AsyncGenerator<unknown, unknown> {
  const returned = new AbortController();
  const ends = signal ? AbortSignal.any([signal, returned.signal]) : returned.signal;
  return abortOnReturn(read({ ...options, signal: ends }), () => returned.abort());
}

async function* read(options: ReadStreamOptions): AsyncGenerator<unknown, unknown> {
  const { stub, ticket, transformer, track, signal, waitUntil } = options;
  const headers = { Upgrade: "websocket", [STREAM_TICKET_HEADER]: ticket };
  const opening = stub.fetch(new Request("https://object/stream", { headers }));
  // If the client disconnects now, its request ends, and the code that closes the socket would not run.
  waitUntil?.(opening.then(() => scheduler.wait(0)).catch(() => {}));
  const { webSocket: socket } = await opening.catch(rethrow);
  if (!socket) throw interrupted();
  try {
    for await (const text of readMessages(socket, signal)) {
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
    if (!signal?.aborted) throw interrupted();
    return undefined;
  } finally {
    socket.close();
  }
}

/** After a tracked event, later events that are not tracked have the last id as well, but not in their value. */
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

function rethrow(cause: unknown): never {
  throw toObjectError(cause);
}

function interrupted(): ReasonedError {
  return new ReasonedError({
    code: "SERVICE_UNAVAILABLE",
    reason: "STREAM_INTERRUPTED",
    message: "The stream was interrupted, because the session ended. Subscribe again.",
  });
}

const accountSuspended: ReasonedErrorOptions = {
  code: "FORBIDDEN",
  reason: "ACCOUNT_SUSPENDED",
  message: suspensionMessage(undefined),
};

/** The code of a socket whose other side is gone. An object that ends a stream closes the socket with another code. */
const CONNECTION_LOST = 1006;

/**
 * Accepts a socket and yields its text messages until it closes or the signal aborts. Buffers messages that arrive between
 * two reads.
 *
 * @throws ReasonedError SERVICE_UNAVAILABLE (OBJECT_RESET) if the object was reset, FORBIDDEN (ACCOUNT_SUSPENDED)
 */
async function* readMessages(socket: WebSocket, signal?: AbortSignal): AsyncGenerator<string> {
  const buffered: string[] = [];
  let isEnded = signal?.aborted ?? false;
  let closeError: ReasonedErrorOptions | undefined;
  let wake = (): void => {};
  const end = (): void => {
    isEnded = true;
    wake();
  };
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") buffered.push(data);
    wake();
  });
  socket.addEventListener("close", ({ code }) => {
    if (!isEnded && code === CONNECTION_LOST) closeError = objectReset;
    if (!isEnded && code === CLOSE_SUSPENDED) closeError = accountSuspended;
    end();
  });
  socket.addEventListener("error", end);
  signal?.addEventListener("abort", end, { once: true });
  socket.accept();
  try {
    for (;;) {
      const next = buffered.shift();
      if (next !== undefined) yield next;
      else if (closeError) throw new ReasonedError(closeError);
      else if (isEnded) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener("abort", end);
  }
}
