import { SuperJSON, type SuperJSONResult } from "superjson";

/** Maximum depth of a value that is copied here. A deeper value is left to superjson, whose recursion can overflow the stack. */
const MAX_DEPTH = 100;

/** The copy of a value that is not plain. */
const NOT_PLAIN = Symbol("not plain");

type Annotation = ["Date" | "undefined"];

/** The state while a value is copied. */
interface CopyState {
  /** The first object of the value. Most values of one object need no set. */
  first: object | undefined;
  /** The other objects so far. One that occurs twice makes superjson write its identity. */
  others: Set<object> | undefined;
  /** The keys that lead to the current object. */
  readonly path: (string | number)[];
  /** Annotations of the values inside, by their path. */
  values: Record<string, Annotation> | undefined;
  /** The annotation of the value that was copied last. */
  annotation: Annotation[0] | undefined;
}

/**
 * Returns what `superjson.serialize` returns, for a value that consists of JSON, Dates and `undefined`: the same copy, the same
 * annotations, in the same order. Returns `undefined` for any other value, and if the app has registered anything with superjson.
 *
 * superjson compares each value with all of its rules, and keeps a path for each. This is about five times as fast.
 *
 * @throws the error of a getter of the value
 */
export function serializePlain(value: unknown): SuperJSONResult | undefined {
  if (hasRegistrations(defaultInstance)) return undefined;
  const state: CopyState = {
    first: undefined,
    others: undefined,
    path: [],
    values: undefined,
    annotation: undefined,
  };
  const json = copyValue(value, 0, state);
  if (json === NOT_PLAIN) return undefined;
  const values = state.annotation ? [state.annotation] : state.values;
  return (values ? { json, meta: { values, v: 1 } } : { json }) as SuperJSONResult;
}

function copyValue(value: unknown, depth: number, state: CopyState): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : NOT_PLAIN;
    case "undefined":
      state.annotation = "undefined";
      return null;
    case "object":
      return value === null ? null : copyObject(value, depth, state);
    case "bigint":
    case "function":
    case "symbol":
      return NOT_PLAIN;
  }
}

function copyObject(value: object, depth: number, state: CopyState): unknown {
  if (depth > MAX_DEPTH || wasSeen(value, state)) return NOT_PLAIN;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return prototype === Array.prototype ? copyArray(value, depth, state) : NOT_PLAIN;
  if (prototype === Object.prototype) return copyRecord(value, depth, state);
  if (prototype === Date.prototype) return copyDate(value as Date, state);
  return prototype === null && value !== Object.prototype ? copyRecord(value, depth, state) : NOT_PLAIN;
}

/** Returns whether an object has occurred before, and remembers it. */
function wasSeen(value: object, state: CopyState): boolean {
  if (state.first === undefined) {
    state.first = value;
    return false;
  }
  const others = (state.others ??= new Set());
  if (state.first === value || others.has(value)) return true;
  others.add(value);
  return false;
}

function copyRecord(value: object, depth: number, state: CopyState): unknown {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    // superjson throws an error for these.
    if (key === "__proto__" || key === "constructor" || key === "prototype") return NOT_PLAIN;
    state.path[depth] = key;
    const item = copyValue((value as Record<string, unknown>)[key], depth + 1, state);
    if (item === NOT_PLAIN || (state.annotation && !annotate(depth, state))) return NOT_PLAIN;
    copy[key] = item;
  }
  return copy;
}

function copyArray(value: readonly unknown[], depth: number, state: CopyState): unknown {
  // superjson omits holes, and copies properties that are not items.
  if (Object.keys(value).length !== value.length) return NOT_PLAIN;
  const copy: unknown[] = [];
  for (let index = 0; index < value.length; index++) {
    const own = value[index];
    // With other properties, an array with holes can have as many keys as items.
    if (own === undefined && !Object.hasOwn(value, index)) return NOT_PLAIN;
    state.path[depth] = index;
    const item = copyValue(own, depth + 1, state);
    if (item === NOT_PLAIN || (state.annotation && !annotate(depth, state))) return NOT_PLAIN;
    copy.push(item);
  }
  return copy;
}

function copyDate(value: Date, state: CopyState): unknown {
  if (Number.isNaN(value.valueOf())) return NOT_PLAIN;
  state.annotation = "Date";
  return value.toISOString();
}

/**
 * Adds the annotation of the value that was copied last. Returns false if superjson might add it in another place: it collects
 * the annotations of each object in one of their own, in which keys that are integers come first.
 */
function annotate(depth: number, state: CopyState): boolean {
  const { path, annotation } = state;
  if (annotation === undefined) return true;
  if (depth > 0 && startsWithDigit(path[depth])) return false;
  let text = escapeKey(path[0]);
  for (let level = 1; level <= depth; level++) text += `.${escapeKey(path[level])}`;
  (state.values ??= {})[text] = [annotation];
  state.annotation = undefined;
  return true;
}

const startsWithDigit = (key: string | number | undefined): boolean =>
  typeof key === "number" || /^[0-9]/.test(key ?? "");

/** Escapes a key in a path as superjson does. */
function escapeKey(key: string | number | undefined): string {
  if (typeof key !== "string") return String(key);
  return /[\\.]/.test(key) ? key.replaceAll("\\", "\\\\").replaceAll(".", "\\.") : key;
}

/** The private fields of superjson's class that are read here. */
export interface Registries {
  readonly customTransformerRegistry: { readonly transfomers: object };
  readonly classRegistry: { readonly kv: { readonly keyToValue: ReadonlyMap<unknown, unknown> } };
  readonly symbolRegistry: { readonly kv: { readonly keyToValue: ReadonlyMap<unknown, unknown> } };
}

// It is private in superjson's types.
const { defaultInstance } = SuperJSON as unknown as { readonly defaultInstance: Registries };

/** Whether an instance of superjson has classes, symbols or transformers of the app, which can change how a value is serialized. */
export function hasRegistrations({ customTransformerRegistry, classRegistry, symbolRegistry }: Registries): boolean {
  for (const _name in customTransformerRegistry.transfomers) return true;
  return classRegistry.kv.keyToValue.size > 0 || symbolRegistry.kv.keyToValue.size > 0;
}
