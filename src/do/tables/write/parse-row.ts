import { z } from "zod";
import type { PreparedTable } from "../prepared-table.js";
import { badRequest } from "../table-errors.js";

type Values = Record<string, unknown>;

/**
 * Parses the values of a new row with the schema, which fills in defaults and applies transforms.
 *
 * @throws ReasonedError BAD_REQUEST (VALUE_INVALID) with the ZodError as its cause
 */
export function parseInsert(table: PreparedTable, values: unknown): Values {
  return unwrap(table, safeParse(table, table.schema, withoutInherited(table, values))) as Values;
}

/**
 * Copies an object without its prototype, if that could have a property with the name of a field: zod would take an
 * inherited method for the value of a field such as `toString`.
 */
function withoutInherited({ hasInheritedName }: PreparedTable, values: unknown): unknown {
  if (typeof values !== "object" || values === null || Array.isArray(values)) return values;
  // zod lists the keys of an object without a prototype more slowly.
  if (!hasInheritedName && Object.getPrototypeOf(values) === Object.prototype) return values;
  return Object.assign(Object.create(null), values);
}

/**
 * Parses the values of an update. Each field is parsed on its own, so that no default replaces a field that is left
 * out.
 *
 * @throws ReasonedError BAD_REQUEST (VALUE_INVALID) with the ZodError as its cause
 */
export function parseUpdate(table: PreparedTable, values: unknown): Values {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw invalidRow(table, "Pass an object with the fields to change.");
  }
  const fields = new Map(table.fields.map((column) => [column.name, column]));
  const unknownKeys = Object.keys(values).filter((key) => !fields.has(key));
  const issues: z.core.$ZodIssue[] =
    unknownKeys.length > 0
      ? [
          {
            code: "unrecognized_keys",
            keys: unknownKeys,
            path: [],
            message: `Unknown fields: ${unknownKeys.join(", ")}`,
          },
        ]
      : [];
  const parsed: Values = {};
  for (const [name, value] of Object.entries(values)) {
    const column = fields.get(name);
    const schema = table.schema.shape[name];
    if (!column || !schema || value === undefined) continue;
    if (value === null && column.whenNull === "undefined") {
      // The value that will be read, and that checks of the whole row expect.
      parsed[name] = undefined;
      continue;
    }
    const result = safeParse(table, schema, value);
    if (result.success) parsed[name] = result.data;
    else issues.push(...result.error.issues.map((issue) => ({ ...issue, path: [name, ...issue.path] })));
  }
  // `ZodRealError`, because `ZodError` does not extend `Error`, and a TRPCError would wrap it.
  if (issues.length > 0) throw invalidRow(table, describeIssues(issues), new z.ZodRealError(issues));
  return parsed;
}

/**
 * Runs the checks of the zod object itself (`.refine`, `.check`) on a whole row.
 *
 * @throws ReasonedError BAD_REQUEST (VALUE_INVALID) with the ZodError as its cause
 */
export function checkRules(table: PreparedTable, rules: z.ZodType, row: Values): Values {
  return unwrap(table, safeParse(table, rules, row)) as Values;
}

function safeParse<TOutput>(
  table: PreparedTable,
  schema: z.core.$ZodType<TOutput>,
  value: unknown,
): z.ZodSafeParseResult<TOutput> {
  try {
    return z.safeParse(schema, value);
  } catch (error) {
    if (!(error instanceof z.core.$ZodAsyncError)) throw error;
    throw new Error(
      `The table "${table.name}" has an async check, but writes are synchronous. Run the check before the write.`,
      { cause: error },
    );
  }
}

function unwrap<TOutput>(table: PreparedTable, result: z.ZodSafeParseResult<TOutput>): TOutput {
  if (result.success) return result.data;
  throw invalidRow(table, describeIssues(result.error.issues), result.error);
}

/** Returns the first issues of zod in one line. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  return issues
    .slice(0, 5)
    .map(({ path, message }) => (path.length > 0 ? `${path.map(String).join(".")}: ${message}` : message))
    .join("; ");
}

function invalidRow(table: PreparedTable, problem: string, cause?: unknown): Error {
  return badRequest("VALUE_INVALID", `The table "${table.name}" does not accept this row. ${problem}`, cause);
}
