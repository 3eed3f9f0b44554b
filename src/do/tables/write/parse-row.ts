import type { TRPCError } from "@trpc/server";
import { z } from "zod";
import { badRequest } from "../bad-request.js";
import type { PreparedTable } from "../prepared-table.js";

type Values = Record<string, unknown>;

/**
 * What a new row holds, once its schema has seen it: defaults filled in, transforms applied.
 *
 * @throws TRPCError BAD_REQUEST with zod's error as the cause
 */
export function parseInsert(table: PreparedTable, values: unknown): Values {
  return unwrap(table, look(table, table.schema, ownValues(values))) as Values;
}

/** An object without a prototype: zod would take an inherited method for the value of a field such as `toString`. */
function ownValues(values: unknown): unknown {
  const isObject = typeof values === "object" && values !== null && !Array.isArray(values);
  return isObject ? Object.assign(Object.create(null), values) : values;
}

/**
 * What an update sets. Each field is looked at by itself, so that no default fills what was left out.
 *
 * @throws TRPCError BAD_REQUEST with zod's error as the cause
 */
export function parseUpdate(table: PreparedTable, values: unknown): Values {
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw refusal(table, "It takes an object.");
  const fields = new Map(table.fields.map((column) => [column.name, column]));
  const stray = Object.keys(values).filter((key) => !fields.has(key));
  const issues: z.core.$ZodIssue[] =
    stray.length > 0
      ? [{ code: "unrecognized_keys", keys: stray, path: [], message: `Unknown: ${stray.join(", ")}` }]
      : [];
  const parsed: Values = {};
  for (const [name, value] of Object.entries(values)) {
    const column = fields.get(name);
    const schema = table.schema.shape[name];
    if (!column || !schema || value === undefined) continue;
    if (value === null && column.whenNull === "undefined") {
      // As it will be read, and as the object's own rules expect it.
      parsed[name] = undefined;
      continue;
    }
    const result = look(table, schema, value);
    if (result.success) parsed[name] = result.data;
    else issues.push(...result.error.issues.map((issue) => ({ ...issue, path: [name, ...issue.path] })));
  }
  // `ZodError` does not extend `Error`, and a TRPCError would replace it.
  if (issues.length > 0) throw refusal(table, describeIssues(issues), new z.ZodRealError(issues));
  return parsed;
}

/**
 * Holds a whole row to the rules of the zod object (`.refine`, `.check`), as `create` did.
 *
 * @throws TRPCError BAD_REQUEST with zod's error as the cause
 */
export function checkRules(table: PreparedTable, rules: z.ZodType, row: Values): Values {
  return unwrap(table, look(table, rules, row)) as Values;
}

function look<TOutput>(
  table: PreparedTable,
  schema: z.core.$ZodType<TOutput>,
  value: unknown,
): z.ZodSafeParseResult<TOutput> {
  try {
    return z.safeParse(schema, value);
  } catch (error) {
    if (!(error instanceof z.core.$ZodAsyncError)) throw error;
    throw new Error(`The table "${table.name}" has an asynchronous check, and writes are synchronous. Check before.`, {
      cause: error,
    });
  }
}

function unwrap<TOutput>(table: PreparedTable, result: z.ZodSafeParseResult<TOutput>): TOutput {
  if (result.success) return result.data;
  throw refusal(table, describeIssues(result.error.issues), result.error);
}

/** What zod has to say, in a line. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  return issues
    .slice(0, 5)
    .map(({ path, message }) => (path.length > 0 ? `${path.map(String).join(".")}: ${message}` : message))
    .join("; ");
}

function refusal(table: PreparedTable, reason: string, cause?: unknown): TRPCError {
  return badRequest(`The table "${table.name}" refuses this row. ${reason}`, cause);
}
