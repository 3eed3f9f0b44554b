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
   * Follows `z.lazy()`. Only calls can follow it: while modules load, its getter could refer to a schema that is not initialized.
   * @default false
   */
  readonly resolveLazy?: boolean;
}

/** Maximum number of schemas to search. The getter of a lazy schema could create a new schema each time. */
const MAX_SCHEMAS = 1_000;

/** Whether a schema, or an inner schema that parses the same input, declares a key of an object. */
export function declaresKey(schema: unknown, key: string, { resolveLazy = false }: DeclaresKeyOptions = {}): boolean {
  const seen = new Set<unknown>();
  const open: unknown[] = [schema];
  // The list grows during the loop, so that outer schemas come first.
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

/** The inner schemas that parse the same input: of an optional, a union or the start of a pipe, but not of a field. */
function alternatives(schema: SchemaLike, resolveLazy: boolean): readonly unknown[] {
  const def = schema.def ?? schema._def;
  // Valibot stores wrapped schemas and options in the schema itself.
  const { wrapped, options: listed } = schema as Readonly<Record<string, unknown>>;
  if (def === undefined) return [wrapped, ...listOf(listed)];
  const { innerType, schema: effect, in: first, out: second, left, right, options } = def;
  // A leading transform does not declare its input. The next schema parses its output.
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
