/**
 * Returns a text that is the same for equal values, whichever way they arrived. The keys of an object are sorted, and properties
 * with the value `undefined` count as missing, because JSON has none.
 *
 * The text is only compared or hashed. It distinguishes values that JSON confuses: `1n` and `"1"`, a Date and its text, a Map and
 * an object. Of a Blob it has only the size and the type, because its bytes cannot be read at once, and of a stream nothing.
 */
export function canonicalText(value: unknown): string {
  return textOf(value, undefined);
}

interface Ancestors {
  readonly value: object;
  readonly above: Ancestors | undefined;
}

function textOf(value: unknown, above: Ancestors | undefined): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : objectText(value, above);
    case "boolean":
    case "undefined":
      return String(value);
    case "symbol":
    case "function":
      return typeof value;
  }
}

function objectText(value: object, above: Ancestors | undefined): string {
  let depth = 0;
  // A value with a cycle cannot come from a client.
  for (let each = above; each; each = each.above) {
    depth++;
    if (each.value === value) return `^${depth}`;
  }
  const inside: Ancestors = { value, above };
  if (Array.isArray(value)) return `[${value.map((item) => textOf(item, inside)).join()}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return `{${recordText(value, inside)}}`;
  if (value instanceof Date) return `Date(${value.valueOf()})`;
  if (value instanceof Map) {
    const entries = Array.from(value as Map<unknown, unknown>, ([key, item]) => textOf([key, item], inside));
    return `Map(${entries.join()})`;
  }
  if (value instanceof Set) return `Set(${Array.from(value as Set<unknown>, (item) => textOf(item, inside)).join()})`;
  if (ArrayBuffer.isView(value)) {
    return `${tagOf(value)}(${bytesText(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))})`;
  }
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${bytesText(new Uint8Array(value))})`;
  if (value instanceof URL || value instanceof RegExp) return `${tagOf(value)}(${JSON.stringify(String(value))})`;
  if (value instanceof Blob) return `${tagOf(value)}(${value.size}:${JSON.stringify(value.type)})`;
  if (value instanceof Error) return `Error(${textOf([value.name, value.message, value.cause], inside)})`;
  return `${tagOf(value)}{${recordText(value, inside)}}`;
}

function recordText(value: object, inside: Ancestors): string {
  let text = "";
  for (const key of Object.keys(value).toSorted()) {
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) text += `${JSON.stringify(key)}:${textOf(item, inside)},`;
  }
  return text;
}

/** Begins with the number of bytes, because the bytes can look like the text of other values. */
function bytesText(bytes: Uint8Array): string {
  let text = `${bytes.length}:`;
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);
