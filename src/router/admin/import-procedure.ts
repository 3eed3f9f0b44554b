import { z } from "zod";
import type { ImportRecord } from "../../shared/import-record.js";
import type { AppRolePolicy } from "../app-roles/app-role-policy.js";
import { appCan } from "../app-roles/app-can.js";
import { emailInput } from "../auth/credentials.js";
import { builtinRoot } from "../builtin-root.js";
import { repeatable } from "../repeatable.js";
import { requireService } from "../services.js";
import { reasonInput } from "./admin-inputs.js";

/** The most records of one call. */
const MAX_RECORDS = 500;

/** The input of `admin.import`. */
export interface ImportCallInput {
  readonly records: readonly ImportRecord[];
  readonly reason: string;
  /**
   * What happens to records of an account that this package's import did not create: they are refused, or added to it. With
   * `"add"`, records can also name organizations by their own ids.
   * @default "refuse"
   */
  readonly existing?: "refuse" | "add" | undefined;
  /**
   * The address of the account that the first records without an owner belong to, if it was in an earlier call.
   * @default none
   */
  readonly account?: string | undefined;
}

interface ParsedInput {
  readonly records: readonly unknown[];
  readonly reason: string;
  readonly existing: "refuse" | "add";
  readonly account?: string | undefined;
}

// The type describes records that are accepted. The schema accepts any, because each is parsed on its own: a wrong one must not
// refuse the others.
const input = z.strictObject({
  records: z.array(z.unknown()).min(1).max(MAX_RECORDS, `Import at most ${MAX_RECORDS} records at a time.`),
  reason: reasonInput,
  existing: z.enum(["refuse", "add"]).default("refuse"),
  account: emailInput.optional(),
}) as unknown as z.ZodType<ParsedInput, ImportCallInput>;

/**
 * Imports users, organizations, memberships, rows and keys. Each record is imported on its own: the report says which were refused
 * and why. A repeated call changes nothing.
 * @throws FORBIDDEN without "data:import"
 */
export function createImportProcedure(policy: AppRolePolicy) {
  return builtinRoot.appProcedure
    .use(appCan(policy, "data:import"))
    .use(repeatable)
    .input(input)
    .mutation(({ ctx, input: { account, ...given } }) => requireService(ctx, "import")().run({ ...given, account }));
}
