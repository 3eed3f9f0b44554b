import type { GatedCall } from "./gate-result.js";
import { GateRefusal } from "./refusal.js";

const INDEX = /^(0|[1-9][0-9]{0,8})$/;

/**
 * Pairs the procedures with their inputs. In a batch those come as an object by index; an index without a call is
 * ignored, a call without an input gets `undefined`.
 *
 * @throws Refused BAD_REQUEST
 */
export function readCalls(paths: readonly string[], isBatch: boolean, input: unknown): GatedCall[] {
  if (!isBatch) return paths.map((path) => ({ path, input }));
  const inputs = input === undefined ? {} : input;
  if (typeof inputs !== "object" || inputs === null || Array.isArray(inputs)) throw notByIndex();
  const byIndex = new Map(Object.entries(inputs));
  if (![...byIndex.keys()].every((key) => INDEX.test(key))) throw notByIndex();
  return paths.map((path, index) => ({ path, input: byIndex.get(String(index)) as unknown }));
}

function notByIndex(): GateRefusal {
  return new GateRefusal(
    "BAD_REQUEST",
    'A batch\'s inputs are an object by index: { "0": …, "1": … }. Nothing else belongs in it.',
  );
}
