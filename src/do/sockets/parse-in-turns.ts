import type { TRPCCombinedDataTransformer } from "@trpc/server";
import { costOf, type Turns } from "../scheduling/create-turns.js";
import { notJson, parseMessages, type FrameMessage } from "./messages.js";

export interface ParseOptions {
  readonly transformer: TRPCCombinedDataTransformer;
  /** Maximum size of a message, in bytes. */
  readonly messageBytes: number;
  readonly turns: Turns;
  /** The member whose turns are used. */
  readonly member: string;
}

/** How many characters of messages are parsed in one turn. A single message may be longer. */
const PARSED_IN_ONE_TURN = 65_536;
/** A frame up to this length, in characters, is parsed without waiting for a turn. */
export const SMALL_FRAME = 8_192;

/** Parses the messages of a frame, in several turns if the frame is large. If one is not JSON, the whole frame is refused. */
export async function parseInTurns(
  texts: readonly string[],
  { transformer, messageBytes, turns, member }: ParseOptions,
): Promise<readonly FrameMessage[]> {
  const messages: FrameMessage[] = [];
  const add = (part: readonly string[]): void => void messages.push(...parseMessages(part, transformer, messageBytes));
  try {
    for (const { part, length } of partsOf(texts)) {
      if (part.length === texts.length && length <= SMALL_FRAME) add(part);
      else await turns.run(member, costOf(length), async () => add(part));
    }
    return messages;
  } catch (cause) {
    if (cause instanceof SyntaxError) return [notJson()];
    throw cause;
  }
}

/** Divides the texts of a frame into parts that are parsed in one turn each. */
function* partsOf(texts: readonly string[]) {
  for (let from = 0; from < texts.length;) {
    let to = from;
    let length = 0;
    do length += texts[to++]?.length ?? 0;
    while (to < texts.length && length < PARSED_IN_ONE_TURN);
    yield { part: texts.slice(from, to), length };
    from = to;
  }
}
