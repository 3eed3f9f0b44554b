import { TRPCError, type TRPCCombinedDataTransformer } from "@trpc/server";
import { parseTRPCMessage } from "@trpc/server/rpc";
import { checkIdempotencyKey } from "../../router/idempotency-key.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { hasDuplicateKeys, requiresUniqueKeys } from "../../shared/duplicate-keys.js";
import { exceededLimitErrors, findExceededLimit, splitJsonArray, type JsonTextLimits } from "../../shared/json-text.js";
import { limits } from "../../shared/limits.js";
import { readEnvelope } from "../../shared/wire-guard/envelope.js";
import { byteLength } from "../../shared/byte-length.js";
import type { FrameHead } from "../connections/frames.js";
import { isId, readMessageId } from "./message-id.js";
import { tooLarge } from "../connections/socket-errors.js";

type Parsed = ReturnType<typeof parseTRPCMessage>;

/** One message of tRPC's WebSocket protocol. It has an id, so the server can reply to it. */
export type Message = Parsed & {
  readonly id: string | number;
  /** The serialized input, as it is stored with a subscription. */
  readonly wireInput: unknown;
  /** Identifies a mutation and its repeats. */
  readonly idempotencyKey: string | undefined;
  /**
   * Set by this package's own client. That client remembers the cursor at which a subscription started and sends it when it
   * reconnects before the first event. It also reads flush acknowledgements from the events of live queries. With `deltas`, it
   * keeps the last result of the live query and reads the changes of the next one.
   */
  readonly userdo: { readonly startedAt?: string | undefined; readonly deltas?: boolean } | undefined;
};

/** A valid message, or the error for an invalid one and the id to send it under. */
export type ParsedMessage =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly head: FrameHead; readonly cause: unknown };

const REPLACEMENT = "\uFFFD";

/**
 * The deepest a message may nest: superjson's meta takes two levels for each Map or Set around a value, and the message,
 * `params`, `input`, `meta` and `values` take five. The wire guard checks the exact depth of each input.
 */
const TEXT_LIMITS: JsonTextLimits = { depth: 2 * limits.jsonDepth + 5, values: limits.jsonNodes };

/** Longest text that cannot exceed a limit if it is JSON, in characters. */
const SHORT_LENGTH = Math.min(2 * TEXT_LIMITS.depth, TEXT_LIMITS.values - 1);

/** A parsed message of a frame. */
export interface FrameMessage {
  /** Length of the message's text, in characters. */
  readonly length: number;
  readonly isOfSubscription: boolean;
  /** Whether the message stops a subscription. */
  readonly isStop: boolean;
  /** Returns the refusal of the message, under its id. */
  refuse(cause: unknown): ParsedMessage;
  /** Checks the message and deserializes its input. This costs more than parsing, so call it in the message's turn. */
  read(): ParsedMessage;
}

/** Longest text that is parsed to find out whether it stops a subscription, in characters. */
const STOP_LENGTH = 512;

/**
 * Splits a text frame, one message or an array of them, into the texts of its messages, without parsing them. If the whole frame
 * is refused, returns the refusal.
 */
export function splitFrame(text: string, maxMessages: number): readonly string[] | FrameMessage {
  const texts = splitJsonArray(text);
  if (!texts) return notJson();
  return texts.length > maxMessages
    ? malformedFrame(`The frame has more than ${maxMessages} messages. Send them in several frames.`)
    : texts;
}

/**
 * Parses messages of a frame. The size of each is checked in the text, before it is parsed. A message that is refused gets an
 * error under its own id, if it has one; the other messages of the frame are handled.
 *
 * @throws SyntaxError when a message is not JSON. Refuse the whole frame with `notJson` then.
 */
export function parseMessages(
  texts: readonly string[],
  transformer: TRPCCombinedDataTransformer,
  messageBytes: number,
): FrameMessage[] {
  return texts.flatMap((text) => parseMessage(text, transformer, messageBytes) ?? []);
}

/**
 * Parses one message. Returns `undefined` for the connection parameters that tRPC's client sends first.
 *
 * @throws SyntaxError when it is not JSON
 */
export function parseMessage(
  text: string,
  transformer: TRPCCombinedDataTransformer,
  messageBytes: number,
): FrameMessage | undefined {
  // A short JSON text cannot exceed a limit, because each level takes two characters, so it is not scanned first.
  if (text.length > SHORT_LENGTH || 3 * text.length > messageBytes) {
    const excess = findExcess(text, messageBytes);
    return excess ? refusedMessage(text, readMessageId(text), excess) : readFields(text, JSON.parse(text), transformer);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // A text that is not JSON can nest deeper.
    const excess = findExcess(text, messageBytes);
    if (excess) return refusedMessage(text, readMessageId(text), excess);
    throw cause;
  }
  return readFields(text, value, transformer);
}

/** The refusal of a frame that is not JSON. */
export function notJson(): FrameMessage {
  return malformedFrame("The frame is not JSON. Send a message of tRPC's WebSocket protocol, or an array of messages.");
}

/** Returns whether a message stops a subscription. Such a message releases memory, so it is never refused. */
export function isStop(text: string): boolean {
  if (text.length > STOP_LENGTH || !text.includes('"subscription.stop"')) return false;
  try {
    return fieldsOf(JSON.parse(text))["method"] === "subscription.stop";
  } catch {
    return false;
  }
}

function malformedFrame(message: string): FrameMessage {
  return refusedMessage("", null, malformed(message));
}

function refusedMessage(text: string, id: FrameHead["id"], cause: TRPCError): FrameMessage {
  const refuse = (reason: unknown): ParsedMessage => ({ ok: false, head: { id }, cause: reason });
  return { length: text.length, isOfSubscription: false, isStop: false, refuse, read: () => refuse(cause) };
}

/** Returns the error for a message that is too large to be parsed. */
function findExcess(text: string, bytes: number): TRPCError | undefined {
  if (byteLength(text) > bytes) return tooLarge(bytes);
  const exceeded = findExceededLimit(text, TEXT_LIMITS);
  return exceeded && new ReasonedError(exceededLimitErrors[exceeded]);
}

function readFields(text: string, value: unknown, transformer: TRPCCombinedDataTransformer): FrameMessage | undefined {
  if (isConnectionParams(value))
    return hasTexts(value.data) ? undefined : refusedMessage(text, null, badConnectionParams());
  return new TextMessage(text, value, transformer);
}

/** A message of valid size. It is a class, because an object literal would create its functions anew for each message. */
class TextMessage implements FrameMessage {
  readonly #text: string;
  readonly #value: unknown;
  readonly #transformer: TRPCCombinedDataTransformer;
  readonly isOfSubscription: boolean;
  readonly isStop: boolean;

  constructor(text: string, value: unknown, transformer: TRPCCombinedDataTransformer) {
    this.#text = text;
    this.#value = value;
    this.#transformer = transformer;
    const { method } = fieldsOf(value);
    this.isOfSubscription = typeof method === "string" && method.startsWith("subscription");
    this.isStop = method === "subscription.stop";
  }

  get length(): number {
    return this.#text.length;
  }

  refuse(cause: unknown): ParsedMessage {
    const { id } = fieldsOf(this.#value);
    return { ok: false, head: { id: isId(id) ? id : null }, cause };
  }

  read(): ParsedMessage {
    const text = this.#text;
    const value = this.#value;
    const parsed = readMessage(value, this.#transformer);
    if (!parsed.ok) return parsed;
    const refuse = (cause: TRPCError): ParsedMessage => ({ ok: false, head: parsed.message, cause });
    // The runtime replaces invalid UTF-8 by U+FFFD, so the original text is lost.
    if (text.includes(REPLACEMENT)) return refuse(invalidUtf8());
    return isOfAccount(value) && hasDuplicateKeys(text, value) ? refuse(duplicateKey()) : parsed;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function readMessage(value: unknown, transformer: TRPCCombinedDataTransformer): ParsedMessage {
  const fields = fieldsOf(value);
  const { id, params } = fields;
  const jsonrpc = fields["jsonrpc"] === "2.0" ? "2.0" : undefined;
  if (!isId(id)) {
    const message = "The message has no valid `id`. Send a whole number, or a string of at most 128 characters.";
    return { ok: false, head: { id: null, jsonrpc }, cause: malformed(message) };
  }
  const { input: sent, userdo } = fieldsOf(params);
  const { input, idempotencyKey: sentKey } = readEnvelope(sent);
  try {
    const withoutKey = sentKey === undefined ? value : { ...fields, params: { ...fieldsOf(params), input } };
    const message = parseTRPCMessage(withoutKey, transformer);
    const idempotencyKey = checkIdempotencyKey(sentKey, message.method);
    return { ok: true, message: { ...message, id, wireInput: input, idempotencyKey, userdo: readUserdo(userdo) } };
  } catch (cause) {
    const error =
      cause instanceof TRPCError
        ? cause
        : malformed(cause instanceof Error ? cause.message : "The message does not follow tRPC's WebSocket protocol.");
    return { ok: false, head: { id, jsonrpc }, cause: error };
  }
}

/** Returns whether a message calls a procedure whose input identifies an account. */
function isOfAccount(value: unknown): boolean {
  const path = (value as { readonly params?: { readonly path?: unknown } | null } | null)?.params?.path;
  return typeof path === "string" && requiresUniqueKeys(path);
}

function readUserdo(value: unknown): Message["userdo"] {
  if (typeof value !== "object" || value === null) return undefined;
  const { startedAt, deltas } = fieldsOf(value);
  return { startedAt: typeof startedAt === "string" ? startedAt : undefined, deltas: deltas === true };
}

/** Returns whether a message has the connection parameters of tRPC's client. They are ignored: the upgrade authenticates. */
function isConnectionParams(value: unknown): value is { readonly data?: unknown } {
  return typeof value === "object" && value !== null && "method" in value && value.method === "connectionParams";
}

/** Returns whether tRPC's own server would accept the connection parameters: an object of strings, or `null`. */
function hasTexts(data: unknown): boolean {
  return (
    typeof data === "object" &&
    !Array.isArray(data) &&
    Object.values(data ?? {}).every((text) => typeof text === "string")
  );
}

function badConnectionParams(): TRPCError {
  return malformed(
    "`connectionParams` is not an object of strings. Remove it: the server ignores it and authenticates with cookies or an " +
      "Authorization header.",
  );
}

function invalidUtf8(): TRPCError {
  return new ReasonedError({
    code: "PARSE_ERROR",
    message:
      "The message is not valid UTF-8, or it contains U+FFFD, which replaces invalid UTF-8. " +
      "Send U+FFFD as the JSON escape \\ufffd, or use HTTP.",
    reason: "INVALID_ENCODING",
  });
}

function duplicateKey(): TRPCError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    message: "An object in the message has the same key twice. Create the message with JSON.stringify.",
    reason: "DUPLICATE_KEY",
  });
}

function malformed(message: string): TRPCError {
  return new ReasonedError({ code: "PARSE_ERROR", message, reason: "MALFORMED_MESSAGE" });
}
