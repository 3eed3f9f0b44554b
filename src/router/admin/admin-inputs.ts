import { z } from "zod";
import { parseName, toName } from "../../shared/owner.js";

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
