import { getTRPCErrorFromUnknown, TRPCError, type TRPCCombinedDataTransformer } from "@trpc/server";
import { getHTTPStatusCode } from "@trpc/server/http";
import superjson from "superjson";
import type { Call, ErrorShape, Reply } from "../../shared/call.js";
import { withCursorText } from "../../shared/reply-cursor.js";
import type { PreparedCall } from "./prepare-call.js";

/** The status and the body of a response that is not a stream. */
export interface WrittenReplies {
  readonly status: number;
  readonly body: string;
}

export interface WriteRepliesOptions {
  /** The calls of the request, in its order. */
  readonly calls: readonly Pick<PreparedCall, "path" | "procedure">[];
  /** The reply to each call; `undefined` for a call that tRPC refuses. */
  readonly replies: readonly (Reply | undefined)[];
  readonly isBatch: boolean;
  readonly method: string;
  readonly serializer: Pick<TRPCCombinedDataTransformer["output"], "serialize">;
  /** Formats an error that occurs while the response is written, reports it, and masks it if it is unexpected. */
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
}

/**
 * Writes the replies to queries and mutations as tRPC's fetch adapter does, byte for byte: `{ result }` or `{ error }`, an
 * array of these for a batch, and the status 207 if the statuses of the calls differ.
 */
export function writeReplies(options: WriteRepliesOptions): WrittenReplies {
  const { calls, replies, isBatch } = options;
  const items: string[] = [];
  const errors: ErrorShape[] = [];
  let failure: { readonly cause: unknown } | undefined;
  for (const [index, call] of calls.entries()) {
    try {
      const written = writeReply(call, replies[index], options);
      if (typeof written !== "string") errors.push(written);
      items.push(typeof written === "string" ? written : errorText(written, options));
    } catch (cause) {
      failure ??= { cause };
    }
  }
  if (failure) return wholeFailure(failure.cause, options);
  const body = isBatch ? `[${items.join(",")}]` : (items[0] ?? "");
  return { status: errors.length === 0 ? 200 : statusOf(errors, items.length), body };
}

/** As in tRPC, a result that the transformer rejects fails the whole response. */
function wholeFailure(cause: unknown, options: WriteRepliesOptions): WrittenReplies {
  const call = { path: "", type: typeOf(options.calls), input: undefined };
  const error = options.shape(call, getTRPCErrorFromUnknown(cause));
  return { status: statusOf([error], 1), body: errorText(error, options) };
}

/** Returns the text of a result, or an error. */
function writeReply(
  call: WriteRepliesOptions["calls"][number],
  reply: Reply | undefined,
  options: WriteRepliesOptions,
): string | ErrorShape {
  const { serializer, isBatch } = options;
  const fail = (cause: unknown): ErrorShape =>
    options.shape({ path: call.path, type: typeOf([call]), input: undefined }, cause);
  if (!reply) return fail(refusalOf(call, options));
  if (!reply.ok) return reply.error;
  if (reply.stream !== undefined) {
    // tRPC names the path of the call only in a batch.
    if (!isBatch) throw streamLike();
    return fail(streamLike());
  }
  let { data } = reply as { readonly data: unknown };
  if (reply.encoding === "superjson") {
    try {
      data = superjson.parse(reply.data as string);
    } catch (cause) {
      return fail(getTRPCErrorFromUnknown(cause));
    }
  }
  const text = reply.encoding === "json" ? (data as string) : JSON.stringify(serializer.serialize(data));
  return `{"result":{"data":${withCursorText(text, reply.cursor)}}}`;
}

function errorText(error: ErrorShape, { serializer }: WriteRepliesOptions): string {
  return `{"error":${JSON.stringify(serializer.serialize(error))}}`;
}

/** Returns the status of a response to this number of calls, of which only those with these errors failed. */
function statusOf(errors: readonly ErrorShape[], calls: number): number {
  const succeeded = errors.length < calls ? [{ result: { data: undefined } }] : [];
  // tRPC reads only these properties of a reply, but the type requires all of them.
  return getHTTPStatusCode([...succeeded, ...errors.map((error) => ({ error }))] as never);
}

function typeOf(calls: WriteRepliesOptions["calls"]): Call["type"] {
  return calls.find(({ procedure }) => procedure)?.procedure?._def.type;
}

/** The error with which tRPC refuses a call that was not sent. */
export function refusalOf(
  { path, procedure }: Pick<PreparedCall, "path" | "procedure">,
  { method }: Pick<WriteRepliesOptions, "method">,
): TRPCError {
  if (!procedure) return new TRPCError({ code: "NOT_FOUND", message: `No procedure found on path "${path}"` });
  const { type } = procedure._def;
  if ((type === "mutation") === (method === "POST"))
    return new TRPCError({ code: "BAD_REQUEST", message: "Cannot batch subscription calls" });
  const message = `Unsupported ${method}-request to ${type} procedure at path "${path}"`;
  return new TRPCError({ code: "METHOD_NOT_SUPPORTED", message });
}

function streamLike(): TRPCError {
  return new TRPCError({
    code: "UNSUPPORTED_MEDIA_TYPE",
    message: "Cannot use stream-like response in non-streaming request - use httpBatchStreamLink",
  });
}
