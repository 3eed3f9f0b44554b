/** The parts of a schema that show the keys of an object, in several of the libraries that tRPC accepts. */
interface SchemaLike {
  /** Zod's objects. */
  readonly shape?: unknown;
  /** Valibot's objects. */
  readonly entries?: unknown;
  readonly def?: Definition;
  /** Zod 3. */
  readonly _def?: Definition;
}

type Definition = Readonly<Record<string, unknown>>;

export interface DeclaresKeyOptions {
  /**
   * Follows `z.lazy()`. Its getter may refer to a schema that is not initialized while the module loads, so only a call
   * may follow it.
   * @default false
   */
  readonly resolveLazy?: boolean;
}

/** Most schemas that are searched. The getter of a lazy schema can create a new one each time. */
const MAX_SCHEMAS = 1_000;

/** Whether an object schema declares a key: the schema itself, or an alternative of it that sees the same input. */
export function declaresKey(schema: unknown, key: string, { resolveLazy = false }: DeclaresKeyOptions = {}): boolean {
  const seen = new Set<unknown>();
  const open: unknown[] = [schema];
  // Grows while it is read, so that the nearest schemas come first.
  for (const next of open) {
    if (seen.size === MAX_SCHEMAS) return false;
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    const { shape, entries } = next as SchemaLike;
    if (hasKey(shape, key) || hasKey(entries, key)) return true;
    open.push(...alternatives(next, resolveLazy));
  }
  return false;
}

function hasKey(fields: unknown, key: string): boolean {
  return typeof fields === "object" && fields !== null && Object.hasOwn(fields, key);
}

/** The schemas that may see the same input: an optional's, those of a union, the first one of a pipe. Never a field's. */
function alternatives(schema: SchemaLike, resolveLazy: boolean): readonly unknown[] {
  const def = schema.def ?? schema._def;
  // Valibot keeps its wrapped schemas, options and pipes in the schema.
  const { wrapped, options: listed } = schema as Readonly<Record<string, unknown>>;
  if (def === undefined) return [wrapped, ...listOf(listed)];
  const { innerType, schema: effect, in: first, out: second, left, right, options } = def;
  // A transform in front does not declare its input. The schema behind it sees what it returns.
  const begins = def["type"] === "pipe" && isTransform(first) ? second : first;
  const isLazy = def["type"] === "lazy" || def["typeName"] === "ZodLazy";
  const lazy = resolveLazy && isLazy ? (def["getter"] as () => unknown)() : undefined;
  const branded = def["typeName"] === "ZodBranded" ? def["type"] : undefined;
  return [innerType, effect, begins, left, right, lazy, branded, ...listOf(options)];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function isTransform(schema: unknown): boolean {
  return (schema as { readonly def?: { readonly type?: unknown } } | undefined)?.def?.type === "transform";
}
