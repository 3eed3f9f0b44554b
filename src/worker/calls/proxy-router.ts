import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import superjson from "superjson";
import { placementOf } from "../../router/placement.js";
import { resolveNested } from "../../router/resolve-nested.js";
import type { Call, ErrorShape } from "../../shared/call.js";
import { withReplyCursor, ResultWithCursor } from "../../shared/reply-cursor.js";
import { ForwardedError } from "./forwarded-error.js";
import { withLaterValues } from "./later-values.js";
import type { SentReply } from "./send-calls.js";
import { checkStreamedResult, serializeResult, SerializedResult } from "./serialize-result.js";

/** One call of a request: the procedure that it names, if there is one, and the reply that will come. */
export interface ProxiedCall {
  readonly path: string;
  readonly procedure: AnyTRPCProcedure | undefined;
  readonly reply: Promise<SentReply> | undefined;
}

export interface ProxyRouterOptions {
  /** Whether the reply is a stream. It is serialized line by line, not value by value: no cursor has a place there. */
  readonly streams: boolean;
  /** Gets the signal that aborts when the client leaves. */
  readonly onSignal: (signal: AbortSignal) => void;
  /** Formats an error that occurs while the reply is written, reports it, and masks it if it is unexpected. */
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
}

interface ProxyCallOptions {
  readonly batchIndex: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The router that tRPC's own HTTP adapter is given: it has the same paths as the app's, but each procedure only
 * waits for the reply of the object that ran the real one. So batching, streaming, status codes and headers are
 * tRPC's, and the work is the object's.
 */
export function createProxyRouter(
  router: AnyTRPCRouter,
  calls: readonly ProxiedCall[],
  { streams, onSignal, shape }: ProxyRouterOptions,
): AnyTRPCRouter {
  const { _config } = router._def;
  const { output } = _config.transformer;
  const isLocal = (index: number): boolean => {
    const procedure = calls[index]?.procedure;
    return procedure !== undefined && placementOf(procedure).kind === "anywhere";
  };
  const forward = async ({ batchIndex, signal }: ProxyCallOptions): Promise<unknown> => {
    if (signal) onSignal(signal);
    const reply = await calls[batchIndex]?.reply;
    if (!reply) throw new Error("A call was answered without having been sent.");
    if (!reply.ok) throw new ForwardedError(reply.error);
    const { open, stream, later } = reply;
    if (open && stream !== undefined) return open(stream, signal);
    const data: unknown = reply.encoding === "superjson" ? superjson.parse(reply.data) : reply.data;
    if (open && later) return withLaterValues(data, later, (ticket) => open(ticket, signal));
    // tRPC serializes where a failure ends the whole reply, with all calls in it.
    if (isLocal(batchIndex))
      return streams ? checkStreamedResult(data, output) : serializeResult(await resolveNested(data), output);
    return reply.cursor === undefined || streams ? data : new ResultWithCursor(data, reply.cursor);
  };

  // No prototype: a path such as `constructor` must find nothing.
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
