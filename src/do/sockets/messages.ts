import { TRPCError, type TRPCCombinedDataTransformer } from "@trpc/server";
import { parseTRPCMessage } from "@trpc/server/rpc";
import { hasEqualKeys, refusesEqualKeys } from "../../shared/equal-keys.js";
import { byteLength } from "./byte-length.js";
import type { FrameHead } from "./frames.js";
import { tooLarge } from "./socket-errors.js";

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

/** How much a frame may hold. */
export interface FrameLimits {
  readonly messages: number;
  /** Of one message. */
  readonly messageBytes: number;
}

const MAX_ID_LENGTH = 128;
const REPLACEMENT = "\uFFFD";

/**
 * Reads a text frame: one message or an array of them. Each that cannot be read is told on its own, under its id
 * as far as there is one, so that no call is left without an answer.
 */
export function parseFrame(
  text: string,
  transformer: TRPCCombinedDataTransformer,
  limits: FrameLimits,
): ParsedMessage[] {
  const refused = (message: string): ParsedMessage[] => [{ ok: false, head: { id: null }, cause: malformed(message) }];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refused("The frame is no JSON. Send a message of tRPC's WebSocket protocol, or an array of them.");
  }
  const values = Array.isArray(parsed) ? (parsed as unknown[]) : [parsed];
  if (values.length > limits.messages) return refused(`A frame has at most ${limits.messages} messages. Send several.`);
  // A message is no longer than its frame.
  const mayBeTooLarge = values.length > 1 && byteLength(text) > limits.messageBytes;
  const isAmbiguous = values.some(isOfAccount) && hasEqualKeys(text, parsed);
  const isDamaged = findDamaged(text, values);
  return values
    .map((value, position): ParsedMessage | undefined => {
      if (isConnectionParams(value))
        return hasTexts(value.data) ? undefined : { ok: false, head: { id: null }, cause: badConnectionParams() };
      const message = parseMessage(value, transformer);
      if (!message.ok) return message;
      const refuse = (cause: TRPCError): ParsedMessage => ({ ok: false, head: message.message, cause });
      if (mayBeTooLarge && isLarger(value, limits.messageBytes)) return refuse(tooLarge(limits.messageBytes));
      if (isDamaged(position)) return refuse(damaged());
      return isAmbiguous && isOfAccount(value) ? refuse(sameKeyTwice()) : message;
    })
    .filter((message) => message !== undefined);
}

/**
 * Finds the messages of a frame that contain U+FFFD itself. The runtime puts it in the place of bytes that are not valid
 * UTF-8, so the original text is lost. Written as the escape `\\ufffd` it was meant.
 */
function findDamaged(text: string, values: readonly unknown[]): (position: number) => boolean {
  if (!text.includes(REPLACEMENT)) return () => false;
  // The messages that come out differently with another character in its place contain it.
  const parsed: unknown = JSON.parse(text.replaceAll(REPLACEMENT, "?"));
  const others = Array.isArray(parsed) ? (parsed as unknown[]) : [parsed];
  return (position) => {
    try {
      return JSON.stringify(values[position]) !== JSON.stringify(others[position]);
    } catch {
      // Nested too deep to be written again.
      return true;
    }
  };
}

/** Whether a message of a larger frame takes more than so many bytes, or nests so deep that it cannot be written again. */
function isLarger(value: unknown, bytes: number): boolean {
  try {
    return byteLength(JSON.stringify(value)) > bytes;
  } catch {
    return true;
  }
}

/** The id of the first message of a frame that is too large to be parsed, as stock clients begin it. */
export function idOfFrame(text: string): number | null {
  const id = /^\[?\{"id":([0-9]{1,15}),/.exec(text.slice(0, 32))?.[1];
  return id === undefined ? null : Number(id);
}

function parseMessage(value: unknown, transformer: TRPCCombinedDataTransformer): ParsedMessage {
  const fields = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const { id, params } = fields;
  const jsonrpc = fields["jsonrpc"] === "2.0" ? "2.0" : undefined;
  if (!isId(id)) {
    const message = "`id` is required: a whole number, or a string of at most 128 characters.";
    return { ok: false, head: { id: null, jsonrpc }, cause: malformed(message) };
  }
  const { input, userdo } = typeof params === "object" && params !== null ? (params as Record<string, unknown>) : {};
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

function isId(id: unknown): id is string | number {
  return typeof id === "string" ? id.length <= MAX_ID_LENGTH : Number.isSafeInteger(id);
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
