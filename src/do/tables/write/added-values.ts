import { badRequest } from "../table-errors.js";
import type { PreparedTable } from "../prepared-table.js";

/** A UUIDv7 in its canonical form. An id has one spelling, so that two rows cannot have the same UUID. */
const ROW_ID = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
/** Clocks of other systems can be ahead of the platform's. */
const CLOCK_SKEW_MS = 60_000;

/** The values of a new row that are not its fields. */
interface AddedValues {
  readonly id?: string;
  /** In milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly fields: unknown;
}

export interface AddedValuesOptions {
  readonly now: number;
  /** Whether the caller can choose `createdAt` and `updatedAt`. Otherwise they count as unknown fields. */
  readonly setsTimes: boolean;
}

/**
 * Separates the id and the times that a caller chose for a new row from the values of the row's fields.
 *
 * @throws ReasonedError BAD_REQUEST (VALUE_INVALID) unless the id is a UUIDv7 in lower case, BAD_REQUEST (VALUE_INVALID,
 * DATE_IN_FUTURE) for a time that is not valid
 */
export function takeAddedValues(
  table: PreparedTable,
  values: unknown,
  { now, setsTimes }: AddedValuesOptions,
): AddedValues {
  const times = { createdAt: now, updatedAt: now };
  if (typeof values !== "object" || values === null) return { ...times, fields: values };
  if (setsTimes && (Object.hasOwn(values, "createdAt") || Object.hasOwn(values, "updatedAt"))) {
    const { createdAt, updatedAt, ...others } = values as Readonly<Record<"createdAt" | "updatedAt", unknown>>;
    return { ...takeId(table, others), ...readTimes(table, { createdAt, updatedAt, now }) };
  }
  return { ...takeId(table, values), ...times };
}

function takeId(table: PreparedTable, values: object): Pick<AddedValues, "id" | "fields"> {
  if (!Object.hasOwn(values, "id")) return { fields: values };
  const { id, ...fields } = values as { readonly id: unknown };
  if (id === undefined) return { fields };
  if (typeof id === "string" && ROW_ID.test(id)) return { id, fields };
  throw badRequest(
    "VALUE_INVALID",
    `The id of a new row of "${table.name}" must be a UUIDv7 in lower case. Create it with v7() of the ` +
      "package uuid, or omit it.",
  );
}

interface GivenTimes {
  readonly createdAt: unknown;
  readonly updatedAt: unknown;
  readonly now: number;
}

function readTimes(
  { name }: PreparedTable,
  { createdAt, updatedAt, now }: GivenTimes,
): Pick<AddedValues, "createdAt" | "updatedAt"> {
  const created = readTime(name, createdAt ?? updatedAt, now);
  const updated = readTime(name, updatedAt ?? createdAt, now);
  if (created <= updated) return { createdAt: created, updatedAt: updated };
  throw badRequest("VALUE_INVALID", `The createdAt of a new row of "${name}" is after its updatedAt. Exchange them.`);
}

function readTime(table: string, value: unknown, now: number): number {
  if (value === undefined) return now;
  if (!(value instanceof Date) || Number.isNaN(value.getTime()))
    throw badRequest("VALUE_INVALID", `The createdAt or updatedAt of a new row of "${table}" is not a valid Date.`);
  if (value.getTime() > now + CLOCK_SKEW_MS)
    throw badRequest(
      "DATE_IN_FUTURE",
      `The createdAt or updatedAt of a new row of "${table}" is in the future. Pass a time in the past.`,
    );
  return value.getTime();
}
