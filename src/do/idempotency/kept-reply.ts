import superjson from "superjson";
import { ReasonedError } from "../../router/reasoned-error.js";
import { serializePlain } from "../../router/serialize-plain.js";
import { byteLength } from "../../shared/byte-length.js";
import type { ErrorShape, Reply } from "../../shared/call.js";
import { containsTag } from "../../shared/contains-tag.js";
import type { ForwardedCause } from "../../shared/forwarded-cause.js";
import type { CallState, StoredCall } from "./idempotency-store.js";

/** The reply to a keyed mutation without its effects on the session, as repeats get it. */
export type KeptReply =
  | {
      readonly ok: true;
      /** The serialized result; `undefined` if it was not kept. */
      readonly text: string | undefined;
      readonly cursor: string | undefined;
    }
  | KeptError;

interface KeptError {
  readonly ok: false;
  readonly error: ErrorShape;
  readonly cause?: ForwardedCause | undefined;
}

/** Maximum bytes of a reply that is stored. */
const MAX_REPLY_BYTES = 65_536;

/**
 * Serializes a result in the transaction of a resolver. Returns `undefined` for a result that is not plain: it may have promises
 * inside, which are awaited later.
 */
export function plainText(result: unknown): string | undefined {
  const plain = serializePlain(result);
  return plain && JSON.stringify(plain);
}

/** Returns what repeats of a call get. A stream is read once, so a repeat cannot get it. */
export function keptReplyOf(reply: Reply): KeptReply {
  if (!reply.ok) return { ok: false, error: reply.error, cause: reply.cause };
  const { encoding, cursor, stream, later } = reply;
  const data: unknown = reply.data;
  if (stream !== undefined || later) return { ok: true, text: undefined, cursor };
  if (encoding && typeof data === "string") return { ok: true, text: data, cursor };
  // superjson would lose the bytes of these.
  if (containsTag(data, /\[object (ArrayBuffer|DataView|Blob)\]/)) return { ok: true, text: undefined, cursor };
  return { ok: true, text: JSON.stringify(serializePlain(data) ?? superjson.serialize(data)), cursor };
}

/** Returns the columns of a reply in the table. */
export function toColumns(kept: KeptReply): Pick<StoredCall, "state" | "reply" | "cursor"> {
  if (kept.ok) return { state: "done", reply: withinLimit(kept.text), cursor: kept.cursor };
  const { error, cause } = kept;
  return { state: "failed", reply: withinLimit(superjson.stringify({ error, cause })), cursor: undefined };
}

/**
 * Returns the reply of a mutation that ended earlier.
 *
 * @throws ReasonedError CONFLICT (OUTCOME_UNKNOWN) if it was interrupted
 */
export function fromColumns({ state, reply, cursor }: Pick<StoredCall, "state" | "reply" | "cursor">): KeptReply {
  switch (state) {
    case "done":
      return { ok: true, text: reply, cursor };
    case "failed":
      if (reply === undefined) throw outcomeUnknown(state);
      return { ok: false, ...superjson.parse<Omit<KeptError, "ok">>(reply) };
    case "running":
    case "committed":
      throw outcomeUnknown(state);
  }
}

/**
 * Converts a kept reply for a caller.
 *
 * @param wantsText whether the caller writes the serialized result into a response or a frame
 * @throws ReasonedError CONFLICT (RESULT_NOT_KEPT)
 */
export function toReply(kept: KeptReply, wantsText: boolean): Reply {
  if (!kept.ok)
    return kept.cause ? { ok: false, error: kept.error, cause: kept.cause } : { ok: false, error: kept.error };
  const { text, cursor } = kept;
  if (text === undefined) throw resultNotKept();
  return { ok: true, data: text, encoding: wantsText ? "json" : "superjson", cursor };
}

/** Returns a text if it is short enough to be stored. */
export function withinLimit(text: string | undefined): string | undefined {
  if (text === undefined || 3 * text.length <= MAX_REPLY_BYTES) return text;
  return byteLength(text) > MAX_REPLY_BYTES ? undefined : text;
}

function outcomeUnknown(state: CallState): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "OUTCOME_UNKNOWN",
    message:
      state === "running"
        ? "An earlier call with this idempotency key was interrupted, and may have had effects. Read the data to see them, and then " +
          "send the mutation with a new key if it has to run again."
        : "An earlier call with this idempotency key stored its effects, but its result is not known. Read the data to see them.",
  });
}

function resultNotKept(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "RESULT_NOT_KEPT",
    message:
      "An earlier call with this idempotency key succeeded, but its result was not stored: it was larger than 64 KiB, binary, or " +
      "streamed. Read the data instead of sending the mutation again.",
  });
}
