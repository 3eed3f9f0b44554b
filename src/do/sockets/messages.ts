import { TRPCError, type TRPCCombinedDataTransformer } from "@trpc/server";
import { parseTRPCMessage } from "@trpc/server/rpc";
import { hasEqualKeys, refusesEqualKeys } from "../../shared/equal-keys.js";
import {
  findExceededLimit,
  inputTooDeep,
  inputTooManyValues,
  splitJsonArray,
  type JsonTextLimits,
} from "../../shared/json-text-limits.js";
import { limits } from "../../shared/limits.js";
import { byteLength } from "../../shared/byte-length.js";
import type { FrameHead } from "../connections/frames.js";
import { isId, readMessageId } from "./message-id.js";
import { tooLarge } from "../connections/socket-errors.js";

type Parsed = ReturnType<typeof parseTRPCMessage>;

/** One message of tRPC's WebSocket protocol, with an id that can be answered to. */
export type Message = Parsed & {
  readonly id: string | number;
  /** The input as it came, to be kept with a subscription. */
  readonly wireInput: unknown;
  /**
   * Set by this package's own client. It keeps the cursor that a subscription starts at, for when it is cut off before
   * the first event, and says it if it comes back; and it reads from a live query's event that a flush is complete.
   */
  readonly userdo: { readonly startedAt?: string | undefined } | undefined;
};

/** A message that could be read, or who to tell why not. */
export type ParsedMessage =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly head: FrameHead; readonly cause: unknown };

const REPLACEMENT = "\uFFFD";

/**
 * The deepest a message may nest: superjson's meta takes two levels for each Map or Set around a value, and the message,
 * `params`, `input`, `meta` and `values` take five. The wire guard checks the exact depth of each input.
 */
const TEXT_LIMITS: JsonTextLimits = { depth: 2 * limits.jsonDepth + 5, values: limits.jsonNodes };

/** A message of a frame, counted and parsed. */
export interface FrameMessage {
  /** Length of its text, in characters. */
  readonly length: number;
  readonly isOfSubscription: boolean;
  /** Whether it stops a subscription. */
  readonly isStop: boolean;
  /** The message as one that is refused, under its id. */
  readonly refuse: (cause: unknown) => ParsedMessage;
  /** Checks the message and deserializes its input, which costs more than to parse it: call it when its turn comes. */
  readonly read: () => ParsedMessage;
}

/** Longest text of a message that is parsed to see whether it stops a subscription. */
const STOP_LENGTH = 512;

/**
 * Splits a text frame, one message or an array of them, into the texts of its messages, without parsing them. Returns the
 * answer to a frame that is refused as a whole.
 */
export function splitFrame(text: string, most: number): readonly string[] | FrameMessage {
  const texts = splitJsonArray(text);
  if (!texts) return notJson();
  return texts.length > most ? malformedFrame(`A frame has at most ${most} messages. Send several.`) : texts;
}

/**
 * Parses messages of a frame. Each is counted in the text before it is parsed. One that is refused gets an error under
 * its own id, as far as it has one, and the others of its frame are answered.
 *
 * @throws SyntaxError when one of them is not JSON: then their frame is refused with `notJson`
 */
export function parseMessages(
  texts: readonly string[],
  transformer: TRPCCombinedDataTransformer,
  messageBytes: number,
): FrameMessage[] {
  return texts.flatMap((text) => {
    const excess = findExcess(text, messageBytes);
    return excess ? refusedMessage(text, readMessageId(text), excess) : (parseMessage(text, transformer) ?? []);
  });
}

/** The answer to a frame that is not JSON. */
export function notJson(): FrameMessage {
  return malformedFrame("The frame is not JSON. Send a message of tRPC's WebSocket protocol, or an array of them.");
}

/** Whether the text of a message stops a subscription. Such a message returns memory, and is never refused. */
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

/** Returns why a message is too large to be parsed. */
function findExcess(text: string, bytes: number): TRPCError | undefined {
  if (byteLength(text) > bytes) return tooLarge(bytes);
  const exceeded = findExceededLimit(text, TEXT_LIMITS);
  if (exceeded === undefined) return undefined;
  return new TRPCError({ code: "BAD_REQUEST", message: exceeded === "depth" ? inputTooDeep : inputTooManyValues });
}

/** Parses one message. Returns `undefined` for the greeting of a stock client. @throws SyntaxError */
function parseMessage(text: string, transformer: TRPCCombinedDataTransformer): FrameMessage | undefined {
  const value: unknown = JSON.parse(text);
  if (isConnectionParams(value))
    return hasTexts(value.data) ? undefined : refusedMessage(text, null, badConnectionParams());
  const { method, id } = fieldsOf(value);
  return {
    length: text.length,
    isOfSubscription: typeof method === "string" && method.startsWith("subscription"),
    isStop: method === "subscription.stop",
    refuse: (cause) => ({ ok: false, head: { id: isId(id) ? id : null }, cause }),
    read() {
      const parsed = readMessage(value, transformer);
      if (!parsed.ok) return parsed;
      const refuse = (cause: TRPCError): ParsedMessage => ({ ok: false, head: parsed.message, cause });
      // The runtime replaces bytes that are not valid UTF-8 by U+FFFD, so the original text is lost.
      if (text.includes(REPLACEMENT)) return refuse(damaged());
      return isOfAccount(value) && hasEqualKeys(text, value) ? refuse(sameKeyTwice()) : parsed;
    },
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function readMessage(value: unknown, transformer: TRPCCombinedDataTransformer): ParsedMessage {
  const fields = fieldsOf(value);
  const { id, params } = fields;
  const jsonrpc = fields["jsonrpc"] === "2.0" ? "2.0" : undefined;
  if (!isId(id)) {
    const message = "`id` is required: a whole number, or a string of at most 128 characters.";
    return { ok: false, head: { id: null, jsonrpc }, cause: malformed(message) };
  }
  const { input, userdo } = fieldsOf(params);
  try {
    const message = parseTRPCMessage(value, transformer);
    return { ok: true, message: { ...message, id, wireInput: input, userdo: readUserdo(userdo) } };
  } catch (cause) {
    const reason = cause instanceof TRPCError ? cause : malformed(cause instanceof Error ? cause.message : "Malformed");
    return { ok: false, head: { id, jsonrpc }, cause: reason };
  }
}

/** Whether a message calls a procedure whose input says who somebody is. */
function isOfAccount(value: unknown): boolean {
  const path = (value as { readonly params?: { readonly path?: unknown } | null } | null)?.params?.path;
  return typeof path === "string" && refusesEqualKeys(path);
}

function readUserdo(value: unknown): Message["userdo"] {
  if (typeof value !== "object" || value === null) return undefined;
  return "startedAt" in value && typeof value.startedAt === "string" ? { startedAt: value.startedAt } : {};
}

/** The stock client's greeting when the app gave it connection parameters. The upgrade has said who it is. */
function isConnectionParams(value: unknown): value is { readonly data?: unknown } {
  return typeof value === "object" && value !== null && "method" in value && value.method === "connectionParams";
}

/** Whether connection parameters are what a stock server accepts: an object of texts, or `null`. */
function hasTexts(data: unknown): boolean {
  return (
    typeof data === "object" &&
    !Array.isArray(data) &&
    Object.values(data ?? {}).every((text) => typeof text === "string")
  );
}

function badConnectionParams(): TRPCError {
  return new TRPCError({
    code: "PARSE_ERROR",
    message:
      "The connectionParams are not an object of strings. They are not used here: leave them out, and sign in with cookies " +
      "or with an Authorization header.",
  });
}

function damaged(): TRPCError {
  return new TRPCError({
    code: "PARSE_ERROR",
    message:
      "The message is not valid UTF-8, or contains U+FFFD, which stands for that. " +
      "Send U+FFFD as the JSON escape \\ufffd, or use HTTP.",
  });
}

function sameKeyTwice(): TRPCError {
  return new TRPCError({
    code: "BAD_REQUEST",
    message: "The message has the same key twice. Send what JSON.stringify returns.",
  });
}

function malformed(message: string): TRPCError {
  return new TRPCError({ code: "PARSE_ERROR", message });
}
