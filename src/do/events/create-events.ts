import { z } from "zod";
import type { EventDefinition } from "../../router/events/event-definitions.js";
import type { Events } from "../../router/events/events-api.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { byteLength } from "../../shared/byte-length.js";
import type { RowFilter } from "../change-log/row-filter.js";
import { encodeJson } from "../tables/codec/json-codec.js";
import { assertMayWrite } from "../tables/reads/recorded-sql.js";
import { ValueError } from "../tables/table-errors.js";
import { describeIssues } from "../tables/write/parse-row.js";
import { prefixOf, type EncodedEvent } from "./event-store.js";

/** Most bytes of the data of an event, as JSON text. */
const MAX_BYTES = 32_768;

export interface CreateEventsOptions {
  /** The events of this kind of owner. */
  readonly definitions: ReadonlyMap<string, EventDefinition>;
  readonly store: (event: EncodedEvent, bytes: number) => void;
  /** Delivers an event that is not stored, unless the transaction is rolled back. */
  readonly announce: (event: EncodedEvent) => void;
  readonly changes: (
    rows: RowFilter | undefined,
    options: { readonly signal?: AbortSignal | undefined },
  ) => AsyncIterable<unknown>;
}

/** Creates `ctx.events` for one call. */
export function createEvents({ definitions, store, announce, changes }: CreateEventsOptions): Events<never> {
  function find(name: unknown): EventDefinition {
    const found = typeof name === "string" ? definitions.get(name) : undefined;
    if (found) return found;
    throw new ReasonedError({
      code: "BAD_REQUEST",
      reason: "EVENT_UNKNOWN",
      message: `The app declares no event ${JSON.stringify(String(name).slice(0, 80))} for this kind of owner. Add it to \`events\` of initUserDO.`,
    });
  }

  const events = {
    emit(name: string, data: unknown): void {
      const { schema, isTransient } = find(name);
      assertMayWrite();
      const text = encode(name, schema, data);
      const bytes = byteLength(text);
      if (bytes > MAX_BYTES) throw eventTooLarge(name);
      if (isTransient) announce({ name, text });
      else store({ name, text }, bytes);
    },

    listen({ names, signal }: { names?: readonly string[] | undefined; signal?: AbortSignal | undefined } = {}) {
      const [first, ...others] = new Set(names);
      if (first === undefined) return changes(undefined, { signal });
      for (const name of [first, ...others]) find(name);
      const rows =
        others.length === 0 ? { prefix: prefixOf(first) } : { prefixes: [first, ...others].map(prefixOf).sort() };
      return changes(rows, { signal });
    },
  };
  // The public types follow the definitions. Here names and data are what the app passed.
  return events as unknown as Events<never>;
}

/** @throws ReasonedError BAD_REQUEST (EVENT_INVALID), PAYLOAD_TOO_LARGE (EVENT_TOO_LARGE) */
function encode(name: string, schema: z.core.$ZodType, data: unknown): string {
  let result: z.ZodSafeParseResult<unknown>;
  try {
    result = z.safeParse(schema, data);
  } catch (error) {
    if (!(error instanceof z.core.$ZodAsyncError)) throw error;
    throw new Error(`The event "${name}" has an async check, but emit is synchronous. Run the check before.`, {
      cause: error,
    });
  }
  if (!result.success) throw eventInvalid(name, describeIssues(result.error.issues), result.error);
  try {
    return encodeJson(result.data);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw error.code === "PAYLOAD_TOO_LARGE" ? eventTooLarge(name) : eventInvalid(name, `It ${error.message}`, error);
  }
}

function eventInvalid(name: string, problem: string, cause: unknown): ReasonedError {
  const message = `The event "${name}" does not accept this data. ${problem}`;
  return new ReasonedError({ code: "BAD_REQUEST", reason: "EVENT_INVALID", message, cause });
}

function eventTooLarge(name: string): ReasonedError {
  return new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    reason: "EVENT_TOO_LARGE",
    message: `The data of the event "${name}" is larger than 32 KiB. Store it in a table, and emit the id of its row.`,
  });
}
