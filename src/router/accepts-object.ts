/** The properties in which schema libraries describe the accepted type. */
interface SchemaLike {
  /** Zod 4, and Zod 3. */
  readonly def?: Definition;
  readonly _def?: Definition;
  /** Valibot. */
  readonly type?: unknown;
  readonly options?: unknown;
  readonly wrapped?: unknown;
  readonly pipe?: unknown;
}

type Definition = Readonly<Record<string, unknown>>;

/** The kinds of schemas that reject plain objects and `undefined`. */
const withoutObjects: ReadonlySet<string> = new Set(
  [
    "string number nan bigint boolean date symbol null enum literal template_literal array tuple set map file function never",
    "picklist blob strict_tuple loose_tuple tuple_with_rest nativeenum",
  ].flatMap((kinds) => kinds.split(" ")),
);

/** Whether a schema can accept an object or a missing input. `true` for unknown schemas, such as functions. */
export function acceptsObject(schema: unknown): boolean {
  if (typeof schema === "function") return overlapsObject(schema);
  if (typeof schema !== "object" || schema === null) return true;
  const { def, _def, type, options, wrapped, pipe } = schema as SchemaLike;
  const definition = def ?? _def;
  if (!definition) return acceptsValibot({ type, options, wrapped, pipe });

  const kind = kindOf(definition);
  // Coercion accepts any value.
  if (definition["coerce"] === true) return true;
  if (kind === "literal") return listOf(definition["values"] ?? [definition["value"]]).includes(undefined);
  if (withoutObjects.has(kind)) return false;
  const alternatives = listOf(definition["options"]);
  if (kind.includes("union")) return alternatives.length === 0 || alternatives.some(acceptsObject);
  if (kind === "intersection") return acceptsObject(definition["left"]) && acceptsObject(definition["right"]);
  if (["nullable", "readonly", "nonoptional", "branded"].includes(kind))
    return acceptsObject(definition["innerType"] ?? definition["type"]);
  if (kind === "effects") return isPreprocess(definition["effect"]) || acceptsObject(definition["schema"]);
  if (kind === "pipe" || kind === "pipeline") return acceptsObject(definition["in"]);
  return true;
}

/** `string` for both `"string"` of Zod 4 and `"ZodString"` of Zod 3. */
function kindOf({ type, typeName }: Definition): string {
  if (typeof typeName === "string") return typeName.replace(/^Zod/, "").toLowerCase();
  return typeof type === "string" ? type : "";
}

/** Whether an effect of Zod 3 is `z.preprocess()`. */
function isPreprocess(effect: unknown): boolean {
  return (effect as { readonly type?: unknown } | undefined)?.type === "preprocess";
}

function acceptsValibot({ type, options, wrapped, pipe }: SchemaLike): boolean {
  const [first] = listOf(pipe);
  if (first !== undefined && (first as SchemaLike).type !== type) return acceptsObject(first);
  if (typeof type !== "string") return true;
  if (type === "union" || type === "variant") return listOf(options).some(acceptsObject);
  if (type === "intersect") return listOf(options).every(acceptsObject);
  if (type === "nullable" || type.startsWith("non_")) return acceptsObject(wrapped);
  return !withoutObjects.has(type);
}

/** ArkType's schemas are functions with a method that tests the accepted types. */
function overlapsObject(schema: object): boolean {
  if (!("arkKind" in schema && "overlaps" in schema && typeof schema.overlaps === "function")) return true;
  const { overlaps } = schema as { overlaps(kind: string): boolean };
  return overlaps.call(schema, "object") || overlaps.call(schema, "undefined");
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
