import { parseTRPCMessage } from "@trpc/server/rpc";
import type { TRPCCombinedDataTransformer } from "@trpc/server";
import type { FrameHead } from "./frames.js";

/** One message of tRPC's WebSocket protocol, as a client sent it. */
export type Message = ReturnType<typeof parseTRPCMessage>;

/** A message that could be read, or who to tell why not. */
export type ParsedMessage =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly head: FrameHead; readonly cause: unknown };

/**
 * Reads a text frame: one message or an array of them. Each that cannot be read is told on its own, under its id
 * as far as there is one, so that no call is left without an answer.
 */
export function parseFrame(text: string, transformer: TRPCCombinedDataTransformer): ParsedMessage[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [{ ok: false, head: { id: null }, cause: new Error("The message is no JSON.") }];
  }
  const values = Array.isArray(parsed) ? (parsed as unknown[]) : [parsed];
  return values.filter((value) => !isConnectionParams(value)).map((value) => parseMessage(value, transformer));
}

function parseMessage(value: unknown, transformer: TRPCCombinedDataTransformer): ParsedMessage {
  try {
    return { ok: true, message: parseTRPCMessage(value, transformer) };
  } catch (cause) {
    const id: unknown = typeof value === "object" && value !== null && "id" in value ? value.id : null;
    return { ok: false, head: { id: typeof id === "string" || typeof id === "number" ? id : null }, cause };
  }
}

/** The stock client's greeting when the app gave it connection parameters. The upgrade has said who it is. */
function isConnectionParams(value: unknown): boolean {
  return typeof value === "object" && value !== null && "method" in value && value.method === "connectionParams";
}
