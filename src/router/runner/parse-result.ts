import { isThenable } from "./is-thenable.js";

/** The result of a Standard Schema. */
export interface Parsed {
  readonly value?: unknown;
  readonly issues?: unknown;
}

interface StandardSchema {
  readonly "~standard": { readonly vendor?: unknown; validate(value: unknown): Parsed | PromiseLike<Parsed> };
}

interface ZodSchema {
  safeParse(value: unknown): { readonly success: boolean; readonly data?: unknown };
}

/** Parsers that turned out to be asynchronous. They would start twice for each result, so later calls leave the parsing to tRPC. */
const asyncParsers = new WeakSet<object>();

/**
 * Parses the result of a mutation within its transaction. Returns `undefined` for a promise, and if the parser is asynchronous or
 * does not implement Standard Schema: tRPC parses these after the transaction. A parser that throws rejects the result.
 */
export function parseResult(parser: unknown, data: unknown): Parsed | Promise<Parsed | undefined> | undefined {
  if (!isStandardSchema(parser) || asyncParsers.has(parser) || isThenable(data)) return undefined;
  try {
    if (isZod(parser)) return parseWithZod(parser, data);
    const parsed = parser["~standard"].validate(data);
    if (!isThenable(parsed)) return parsed;
    asyncParsers.add(parser);
    return Promise.resolve(parsed).catch(() => undefined);
  } catch (cause) {
    return { issues: [cause] };
  }
}

/** zod's `~standard.validate` also returns a promise if the schema throws. Then it would be too late to roll back. */
function parseWithZod(schema: ZodSchema, data: unknown): Parsed | undefined {
  try {
    const { success, data: value } = schema.safeParse(data);
    return success ? { value } : { issues: [] };
  } catch (cause) {
    if (!isAsyncError(cause)) throw cause;
    asyncParsers.add(schema);
    return undefined;
  }
}

/** By the message, because each copy of zod in a bundle has its own class of the error. */
function isAsyncError(cause: unknown): boolean {
  return cause instanceof Error && /encountered.* synchronous parse|synchronous parse encountered/i.test(cause.message);
}

/** @see https://standardschema.dev */
function isStandardSchema(value: unknown): value is StandardSchema {
  return (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value;
}

function isZod(schema: StandardSchema): schema is StandardSchema & ZodSchema {
  return schema["~standard"].vendor === "zod" && typeof (schema as Partial<ZodSchema>).safeParse === "function";
}
