import { limits } from "../limits.js";
import { WireError } from "./wire-error.js";
import { misfit, parsePath, step } from "./parse-path.js";
import { checkType } from "./types.js";

/** Annotations still to be checked: paths that start at `base`, which becomes a Map if `inMap` says so. */
interface Level {
  readonly base: unknown;
  readonly entries: object;
  readonly inMap: boolean;
}

/**
 * Checks superjson's `meta.values` against the JSON it is about.
 *
 * The format: an annotated value is `[type]`, or for a Set or Map `[type, { path: annotated }]` with paths into
 * its array; other values are `{ path: annotated }`, flattened. superjson applies them one after the other, so a
 * path that leads through a value which another annotation has already turned into something else is refused.
 *
 * @param json a fresh copy that holds no part twice
 * @throws WireError
 */
export function checkAnnotations(json: unknown, values: unknown, legacy: boolean): void {
  const levels: Level[] = [];
  const turned = new Set<unknown>();
  const crossed = new Set<unknown>();
  let nodes = 0;

  const checkAnnotated = (value: unknown, annotated: unknown): void => {
    if (!Array.isArray(annotated) || annotated.length < 1 || annotated.length > 2) throw misfit();
    if (++nodes > limits.jsonNodes) {
      throw new WireError(
        `The input's superjson meta holds more than ${limits.jsonNodes} entries. Send it in several calls.`,
      );
    }
    const [type, entries] = annotated as [unknown, unknown];
    checkType(type, value);
    if (typeof value === "object" && value !== null) {
      if (turned.has(value) || crossed.has(value)) throw misfit();
      turned.add(value);
    }
    if (annotated.length === 1) return;
    if ((type !== "set" && type !== "map") || !isRecord(entries)) throw misfit();
    levels.push({ base: value, entries, inMap: type === "map" });
  };

  const follow = (base: unknown, path: string, inMap: boolean): unknown => {
    const keys = parsePath(path, legacy);
    // One key into a Map's array is an entry, which must stay a pair.
    if (inMap && keys.length === 1) throw misfit();
    let at = base;
    for (const [index, key] of keys.entries()) {
      if (index > 0) {
        if (turned.has(at)) throw misfit();
        crossed.add(at);
      }
      at = step(at, key);
    }
    return at;
  };

  if (Array.isArray(values)) checkAnnotated(json, values);
  else if (isRecord(values)) levels.push({ base: json, entries: values, inMap: false });
  else throw misfit();

  for (let level = levels.pop(); level; level = levels.pop()) {
    for (const [path, annotated] of Object.entries(level.entries)) {
      checkAnnotated(follow(level.base, path, level.inMap), annotated);
    }
  }
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
