import type { AnyTRPCRouter } from "@trpc/server";
import superjson from "superjson";
import { placementOf } from "../../router/placement.js";
import { resolveNested } from "../../router/resolve-nested.js";
import type { Call, ErrorShape, LaterValue } from "../../shared/call.js";
import { withReplyCursor, ResultWithCursor } from "../../shared/reply-cursor.js";
import { ForwardedError } from "./forwarded-error.js";
import type { PreparedCall } from "./prepare-call.js";
import type { ReplyWithStreams } from "./send-streamed-calls.js";
import { checkStreamedResult, serializeResult, SerializedResult } from "./serialize-result.js";

export interface ProxyRouterOptions {
  /** The calls of the request, in its order. */
  readonly calls: readonly PreparedCall[];
  /** The reply to each call; `undefined` for a call that tRPC's adapter refuses. */
  readonly replies: readonly (Promise<ReplyWithStreams> | undefined)[];
  /** Whether the response is a stream. Its results are serialized line by line, which leaves no place for a cursor. */
  readonly streams: boolean;
  /** Receives the signal that aborts when the client disconnects. */
  readonly onSignal: (signal: AbortSignal) => void;
  /** Formats an error that occurs while the response is written, reports it, and masks it if it is unexpected. */
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
}

interface ProxyCallOptions {
  readonly batchIndex: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Creates a router for tRPC's own HTTP adapter. It has the same paths as the app's router, but each procedure only awaits the
 * reply of the object that ran the real one. The adapter then handles batching, streaming, status codes and headers.
 */
export function createProxyRouter(
  router: AnyTRPCRouter,
  { calls, replies, streams, onSignal, shape }: ProxyRouterOptions,
): AnyTRPCRouter {
  const { _config } = router._def;
  const { output } = _config.transformer;
  const isLocal = (index: number): boolean => {
    const procedure = calls[index]?.procedure;
    return procedure !== undefined && placementOf(procedure).kind === "anywhere";
  };
  const forward = async ({ batchIndex, signal }: ProxyCallOptions): Promise<unknown> => {
    if (signal) onSignal(signal);
    const reply = await replies[batchIndex];
    if (!reply) throw new Error("tRPC's adapter ran a call that was not sent.");
    if (!reply.ok) throw new ForwardedError(reply.error);
    const { open, stream, later } = reply;
    if (open && stream !== undefined) return open(stream, signal);
    const data: unknown = reply.encoding === "superjson" ? superjson.parse(reply.data) : reply.data;
    if (open && later) return withLaterValues(data, later, (ticket) => open(ticket, signal));
    // If tRPC's adapter fails to serialize one result, the whole response fails, with all its calls.
    if (isLocal(batchIndex))
      return streams ? checkStreamedResult(data, output) : serializeResult(await resolveNested(data), output);
    return reply.cursor === undefined || streams ? data : new ResultWithCursor(data, reply.cursor);
  };

  // Without a prototype, so that a path such as `constructor` is not found.
  const procedures: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const { path, procedure } of calls) {
    if (procedure)
      procedures[path] = Object.assign((options: ProxyCallOptions) => forward(options), { _def: procedure._def });
  }
  const config = {
    ..._config,
    transformer: {
      ..._config.transformer,
      output: {
        ...output,
        serialize: (value: unknown): unknown =>
          value instanceof SerializedResult
            ? value.data
            : value instanceof ResultWithCursor
              ? withReplyCursor(output.serialize(value.data), value.cursor)
              : (output.serialize(value) as unknown),
      },
    },
    errorFormatter: (options: Parameters<typeof _config.errorFormatter>[0]): unknown => {
      const { error, path = "", type } = options;
      if (error instanceof ForwardedError) return error.shape;
      return shape({ path, type: type === "unknown" ? undefined : type, input: undefined }, error);
    },
  };
  return { ...router, _def: { ...router._def, _config: config, procedures, lazy: {} } } as AnyTRPCRouter;
}

/**
 * Adds promises and async iterables to a result, which tRPC then streams to the client.
 *
 * @param open reads the stream of a ticket
 */
function withLaterValues(
  data: unknown,
  later: readonly LaterValue[],
  open: (ticket: string) => AsyncIterable<unknown>,
): unknown {
  const values = later.map(({ key, kind, ticket }) => [
    key,
    kind === "iterable" ? open(ticket) : returnedBy(open(ticket)),
  ]);
  return { ...(data as object), ...(Object.fromEntries(values) as object) };
}

function returnedBy(stream: AsyncIterable<unknown>): Promise<unknown> {
  const returned = stream[Symbol.asyncIterator]()
    .next()
    .then(({ value }) => value as unknown);
  // If the client disconnects first, tRPC never awaits this promise.
  returned.catch(() => {});
  return returned;
}
