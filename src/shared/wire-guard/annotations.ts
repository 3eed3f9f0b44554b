import { limits } from "../limits.js";
import { checkType } from "./check-type.js";
import { parsePath, step } from "./parse-path.js";
import { metaMismatch, WireError } from "./wire-error.js";

/** Annotations that are not checked yet. Their paths start at `base`. */
interface PendingAnnotations {
  readonly base: unknown;
  readonly entries: object;
  /** Whether an annotation of `base` turns it into a Map. */
  readonly isInMap: boolean;
}

/**
 * Checks superjson's `meta.values` against the `json` that it annotates.
 *
 * An annotated value is `[type]`, or for a Set or Map `[type, { path: annotated }]` with paths into its array. Other values
 * are `{ path: annotated }`, flattened. superjson applies the annotations one after the other, so a path through a value that
 * another annotation has already converted is refused.
 *
 * @param json a copy in which no object occurs twice
 * @throws WireError
 */
export function checkAnnotations(json: unknown, values: unknown, isLegacy: boolean): void {
  const pending: PendingAnnotations[] = [];
  const converted = new Set<unknown>();
  const traversed = new Set<unknown>();
  let count = 0;

  const checkAnnotated = (value: unknown, annotated: unknown): void => {
    if (!Array.isArray(annotated) || annotated.length < 1 || annotated.length > 2) throw metaMismatch();
    if (++count > limits.jsonNodes) {
      throw new WireError(
        `The input's superjson meta has more than ${limits.jsonNodes} entries. Split the input into several calls.`,
        "INPUT_TOO_COMPLEX",
      );
    }
    const [type, entries] = annotated as [unknown, unknown];
    checkType(type, value);
    if (typeof value === "object" && value !== null) {
      if (converted.has(value) || traversed.has(value)) throw metaMismatch();
      converted.add(value);
    }
    if (annotated.length === 1) return;
    if ((type !== "set" && type !== "map") || !isRecord(entries)) throw metaMismatch();
    pending.push({ base: value, entries, isInMap: type === "map" });
  };

  const follow = (base: unknown, path: string, isInMap: boolean): unknown => {
    const keys = parsePath(path, isLegacy);
    // A single key into the array of a Map is an entry, which must remain a pair.
    if (isInMap && keys.length === 1) throw metaMismatch();
    let at = base;
    for (const [index, key] of keys.entries()) {
      if (index > 0) {
        if (converted.has(at)) throw metaMismatch();
        traversed.add(at);
      }
      at = step(at, key);
    }
    return at;
  };

  if (Array.isArray(values)) checkAnnotated(json, values);
  else if (isRecord(values)) pending.push({ base: json, entries: values, isInMap: false });
  else throw metaMismatch();

  for (let next = pending.pop(); next; next = pending.pop()) {
    for (const [path, annotated] of Object.entries(next.entries)) {
      checkAnnotated(follow(next.base, path, next.isInMap), annotated);
    }
  }
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
