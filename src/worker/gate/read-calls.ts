import type { SerializedCall } from "./gate-result.js";
import { GateRefusal } from "./refusal.js";

const INDEX = /^(0|[1-9][0-9]{0,8})$/;

/** Whether the client of a batch reads each result from the response as soon as it is written. */
export function wantsStream(headers: Headers): boolean {
  const accept = headers.get("trpc-accept") ?? headers.get("accept") ?? "";
  return accept.split(",").some((type) => type.trim() === "application/jsonl");
}

/**
 * Pairs the procedures with their inputs. The inputs of a batch are an object by index. An index without a call is
 * ignored, and a call without an index has the input `undefined`.
 *
 * @throws GateRefusal BAD_REQUEST
 */
export function readCalls(paths: readonly string[], isBatch: boolean, input: unknown): SerializedCall[] {
  if (!isBatch) return paths.map((path) => ({ path, input }));
  const inputs = input === undefined ? {} : input;
  if (typeof inputs !== "object" || inputs === null || Array.isArray(inputs)) throw notByIndex();
  const byIndex = new Map(Object.entries(inputs));
  if (![...byIndex.keys()].every((key) => INDEX.test(key))) throw notByIndex();
  return paths.map((path, index) => ({ path, input: byIndex.get(String(index)) as unknown }));
}

function notByIndex(): GateRefusal {
  return new GateRefusal({
    code: "BAD_REQUEST",
    reason: "INPUT_MALFORMED",
    message: 'The inputs of the batch are not an object by index. Send { "0": …, "1": … }, and no other keys.',
  });
}
