import { tracked } from "@trpc/server";
import type { Reply } from "../../shared/call.js";
import { stubOf } from "../../shared/object-stub.js";
import { configurationErrorOf } from "../configuration.js";
import { readStream } from "../streams/read-stream.js";
import { groupByObject, type GroupedCalls, type ObjectCalls, type SendableCall } from "./group-by-object.js";
import { callObject, failedReply, missingReply, runHere, type SendCallsOptions } from "./send-calls.js";

/** A reply, with a function that reads the streams of its tickets. */
export type ReplyWithStreams = Reply & {
  readonly open?: (ticket: string, signal: AbortSignal | undefined) => AsyncIterable<unknown>;
};

export interface SendStreamedCallsOptions extends SendCallsOptions {
  /** Whether the client reads each result as soon as it is written. */
  readonly streams: boolean;
}

/** Like `sendCalls`, but each reply settles as soon as its object has replied. */
export function sendStreamedCalls(
  calls: readonly SendableCall[],
  options: SendStreamedCallsOptions,
): Promise<ReplyWithStreams>[] {
  const pending = calls.map(() => Promise.withResolvers<ReplyWithStreams>());
  const settle = (index: number, reply: ReplyWithStreams): void => pending[index]?.resolve(reply);
  const send = ({ objects, local, failed }: GroupedCalls): void => {
    for (const { call, index, cause } of failed) settle(index, failedReply(call, cause, options));
    for (const sent of objects) void sendToObject(sent, settle, options);
    for (const { index, ...call } of local) void runHere(call, options).then((reply) => settle(index, reply));
  };
  const grouped = groupByObject(calls, options);
  if (grouped instanceof Promise) void grouped.then(send);
  else send(grouped);
  return pending.map(({ promise }) => promise);
}

/** For a stream, the object sends each reply at once; otherwise all at the end. */
async function sendToObject(
  { address, calls, indexes }: ObjectCalls,
  settle: (index: number, reply: ReplyWithStreams) => void,
  options: SendStreamedCallsOptions,
): Promise<void> {
  const { router, configuration, waitUntil, streams } = options;
  const { output: transformer } = router._def._config.transformer;
  const pending = new Set(calls.keys());
  const open: ReplyWithStreams["open"] = (ticket, signal) => {
    const stub = stubOf(configuration.namespace, address);
    return readStream({ stub, ticket, transformer, track: tracked, signal, waitUntil });
  };
  const onReply = (position: number, reply: Reply): void => {
    if (!pending.delete(position)) return;
    const hasStreams = reply.ok && (reply.stream !== undefined || reply.later);
    settle(indexes[position] ?? -1, hasStreams ? { ...reply, open } : reply);
  };
  /** Fails the calls that do not have a reply yet. */
  const failPending = (cause: unknown): void => {
    for (const position of pending) {
      const call = calls[position];
      if (call) onReply(position, failedReply(call, cause, options));
    }
  };
  try {
    const onEach = streams && calls.length > 1 ? onReply : undefined;
    const rest = await callObject(address, calls, options, onEach);
    for (const [position, reply] of rest.entries()) onReply(position, reply);
    failPending(missingReply());
  } catch (cause) {
    failPending(configurationErrorOf(cause) ?? cause);
  }
}
