import { z } from "zod";
import { checkPlacementIn } from "../check-placement.js";
import { declaresKey } from "../declares-key.js";
import { inputCandidates } from "../input-candidates.js";
import type { Placement } from "../placement.js";
import type { Middleware, MiddlewareOptions } from "./middleware.js";
import { streamCursorOf } from "../stream-cursor.js";

/**
 * The part of an organization procedure's input that names the organization. It is in `_def.inputs`, for tools that read them,
 * and is checked before the app's own schemas.
 */
export const organizationInput = z.object({ organizationId: z.string() });

export interface AppInputsOptions {
  readonly type: string;
  readonly placement: Placement;
  /** The schemas, in the order of their declaration. */
  readonly inputs: readonly unknown[];
}

/**
 * Returns a function that replaces each of tRPC's input middlewares, in their order. The replacement removes the keys that a client
 * adds for the framework, because tRPC passes the same raw input to all schemas.
 */
export function appInputs({ type, placement, inputs }: AppInputsOptions): (middleware: Middleware) => Middleware {
  const hasOrganizationId = placement.kind === "organization";
  if (!hasOrganizationId && type !== "subscription") return (middleware) => middleware;
  const schemas = inputs.values();
  return (middleware) => {
    const schema: unknown = schemas.next().value;
    return schema === organizationInput
      ? createOrganizationCheck(middleware, placement)
      : createOwnInputParser(middleware, schema, hasOrganizationId);
  };
}

function createOwnInputParser(middleware: Middleware, schema: unknown, hasOrganizationId: boolean): Middleware {
  const declared = new Map<string, boolean>();
  const declares = (key: string): boolean => {
    const known = declared.get(key) ?? declaresKey(schema, key, { resolveLazy: true });
    declared.set(key, known);
    return known;
  };
  return async (options) => {
    const cursor = streamCursorOf(options.getRawInput);
    const raw = await options.getRawInput();
    let failure: { readonly cause: unknown } | undefined;
    for (const input of inputCandidates(raw, { hasOrganizationId, cursor, declares })) {
      let given: Awaited<ReturnType<typeof nextOptions>>;
      try {
        given = await nextOptions(middleware, options, input);
      } catch (cause) {
        // The schema declares the cursor and rejects this one. Without the cursor, the stream would restart from the beginning.
        if (rejectsCursor(cause)) throw cause;
        failure ??= { cause };
        continue;
      }
      // Stock tRPC passes an object with the cursor to each schema, and merges their outputs.
      const keepsInput = given?.input === undefined && cursor?.lastEventId !== undefined;
      return keepsInput ? options.next() : options.next(given);
    }
    throw failure?.cause;
  };
}

/** An issue of zod, or of another library with a Standard Schema. */
interface Issue {
  /** Keys, or objects with a key. */
  readonly path?: readonly unknown[] | undefined;
  /** The issues of each alternative of a union. */
  readonly errors?: readonly (readonly Issue[])[];
}

/** Whether an issue of the schema is about the cursor. */
function rejectsCursor(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly issues?: unknown } };
  return Array.isArray(cause?.issues) && (cause.issues as Issue[]).some(isAboutCursor);
}

function isAboutCursor({ path = [], errors = [] }: Issue): boolean {
  const [first] = path;
  const key = typeof first === "object" && first !== null && "key" in first ? first.key : first;
  if (key !== undefined) return key === "lastEventId";
  // An alternative with other issues also rejects the rest of the input.
  return errors.some((issues) => issues.length > 0 && issues.every(isAboutCursor));
}

/** Runs tRPC's middleware, and returns the options that it passes to `next`. */
async function nextOptions(
  middleware: Middleware,
  options: MiddlewareOptions,
  input: unknown,
): Promise<{ readonly input: unknown } | undefined> {
  let given: { readonly input: unknown } | undefined;
  await middleware({
    ...options,
    getRawInput: () => Promise.resolve(input),
    next: (next) => void (given = { input: next?.input }),
  });
  return given;
}

/** Checks `organizationId`, and passes the unparsed input to the app's schemas. */
function createOrganizationCheck(middleware: Middleware, placement: Placement): Middleware {
  return async (options) => {
    const input = await options.getRawInput();
    await nextOptions(middleware, options, input);
    checkPlacementIn(options.ctx, placement, input);
    return options.next();
  };
}
