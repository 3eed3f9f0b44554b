import { z } from "zod";
import { checkHere } from "./check-place.js";
import { declaresKey } from "./declares-key.js";
import { inputCandidates } from "./input-candidates.js";
import { placementOf } from "./placement.js";
import { streamCursorOf } from "./stream-cursor.js";

/**
 * The input that says which organization a procedure is called for. It is part of each organization procedure's
 * `_def.inputs`, for tools that read them, and is checked before the app's own schemas.
 */
export const organizationInput = z.object({ organizationId: z.string() });

interface InputOptions {
  readonly ctx: object;
  readonly meta: unknown;
  readonly getRawInput: () => Promise<unknown>;
  next(options?: { readonly input: unknown }): unknown;
}

/** tRPC's middleware that parses the input with one of the procedure's schemas. */
interface InputMiddleware {
  (options: InputOptions): unknown;
  readonly _type?: unknown;
}

interface Procedure {
  readonly _def: {
    readonly type: string;
    readonly meta: unknown;
    readonly inputs?: readonly unknown[];
    readonly middlewares?: InputMiddleware[];
  };
}

/**
 * Gives each schema of a procedure the app's own input, without the keys that a client adds for the framework.
 *
 * tRPC gives all schemas of a procedure the same raw input. So the middlewares that parse it are replaced, in the
 * procedure that was just created: nothing else has a reference to their array.
 */
export function parseOwnInput<TProcedure>(created: TProcedure): TProcedure {
  const { type, meta, inputs = [], middlewares = [] } = (created as Procedure)._def;
  const hasOrganizationId = placementOf({ _def: { meta } }).kind === "organization";
  if (!hasOrganizationId && type !== "subscription") return created;
  const schemas = inputs.values();
  for (const [index, middleware] of middlewares.entries()) {
    if (middleware._type !== "input") continue;
    const schema: unknown = schemas.next().value;
    const own =
      schema === organizationInput
        ? checksOrganization(middleware)
        : parsesOwnInput(middleware, schema, hasOrganizationId);
    middlewares[index] = Object.assign(own, middleware);
  }
  return created;
}

function parsesOwnInput(middleware: InputMiddleware, schema: unknown, hasOrganizationId: boolean): InputMiddleware {
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
      let given: Awaited<ReturnType<typeof parsed>>;
      try {
        given = await parsed(middleware, options, input);
      } catch (cause) {
        // The schema declares the cursor and refuses this one. Without it, the stream would begin anew.
        if (refusesCursor(cause)) throw cause;
        failure ??= { cause };
        continue;
      }
      // Stock tRPC gives each schema an object with the cursor, and merges what they return.
      const keepsInput = given?.input === undefined && cursor?.lastEventId !== undefined;
      return keepsInput ? options.next() : options.next(given);
    }
    throw failure?.cause;
  };
}

/** Whether a schema's issues name the cursor. */
function refusesCursor(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly issues?: unknown } };
  const issues = Array.isArray(cause?.issues) ? (cause.issues as { readonly path?: readonly unknown[] }[]) : [];
  return issues.some(({ path }) => path?.[0] === "lastEventId");
}

/** What tRPC's middleware would give to the next one. */
async function parsed(
  middleware: InputMiddleware,
  options: InputOptions,
  input: unknown,
): Promise<{ readonly input: unknown } | undefined> {
  let given: { readonly input: unknown } | undefined;
  await middleware({
    ...options,
    getRawInput: () => Promise.resolve(input),
    next: (next) => void (given = next),
  });
  return given;
}

/** Checks `organizationId`, and leaves the input to the app's schemas. */
function checksOrganization(middleware: InputMiddleware): InputMiddleware {
  return async (options) => {
    const input = await options.getRawInput();
    await parsed(middleware, options, input);
    checkHere({ ...options, input });
    return options.next();
  };
}
