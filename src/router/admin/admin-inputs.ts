import { z } from "zod";
import { parseName, toName } from "../../shared/owner.js";
import type { RestorePoint } from "../../shared/restore.js";
import { inputIssue } from "../input-issue.js";

/** The id of a user or an organization: only one that the name of an object can contain. */
export const idInput = z
  .string()
  .refine(
    (id) => parseName(toName({ type: "user", id })) !== undefined,
    "This is not an id. Pass the `id` of a user or an organization.",
  );

/** Why an operator does something. It is stored in the audit log. */
export const reasonInput = z
  .string()
  .trim()
  .min(1, "Enter a reason.")
  .max(500, "The reason must be at most 500 characters.");

/** The fields of the input that filters an audit log. */
export const auditFilterFields = {
  action: z.string().max(64).optional(),
  actorId: z.string().max(128).optional(),
  targetId: z.string().max(128).optional(),
  after: z.date().optional(),
  before: z.date().optional(),
};

/** The fields of a list's input that select a page. */
export const pageFields = {
  limit: z.int().min(1).max(100).default(50),
  cursor: z.string().max(1_000).nullish(),
  /** TanStack's infinite queries send it with the cursor. */
  direction: z.literal("forward").optional(),
};

/** Clocks of scripts can be ahead of the platform's. */
const CLOCK_SKEW_MS = 60_000;

/** The time of an event in the past. */
export const pastInput = z
  .date()
  .refine((at) => at.getTime() >= 0, "Enter a time after 1970.")
  .refine(
    (at) => at.getTime() <= Date.now() + CLOCK_SKEW_MS,
    inputIssue("DATE_IN_FUTURE", "Enter a time in the past."),
  );

/** The fields of the input that selects the state to restore. */
const restorePointFields = { at: pastInput.optional(), bookmark: z.string().min(1).max(256).optional() };

/** The input of a restore: the fields of its target, and either a time or a bookmark. */
export function restoreInput<TFields extends z.ZodRawShape>(fields: TFields) {
  return z
    .strictObject({ ...fields, ...restorePointFields })
    .refine(
      ({ at, bookmark }: { at?: unknown; bookmark?: unknown }) => (at === undefined) !== (bookmark === undefined),
      "Pass either `at` or `bookmark`.",
    );
}

/** Reads the state to restore from the input. */
export function restorePointOf({
  at,
  bookmark = "",
}: {
  at?: Date | undefined;
  bookmark?: string | undefined;
}): RestorePoint {
  return at ? { at: at.getTime() } : { bookmark };
}
