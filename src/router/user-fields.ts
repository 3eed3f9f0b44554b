import type { z } from "zod";
import type { User } from "../shared/account.js";
import type { AppDefinition, UserFieldsSchema } from "./definition.js";
import type { UserOf } from "./profile.js";

/** Rejects a schema with required fields at compile time. */
export type WithoutRequiredFields<TSchema> = TSchema extends UserFieldsSchema
  ? Record<never, never> extends z.input<TSchema>
    ? unknown
    : { readonly "every field needs .optional() or .default()": never }
  : unknown;

/** An update of some fields: `undefined` keeps a field, `null` clears it. `never` for an app without `fields`. */
export type UserFieldsPatch<TApp extends AppDefinition> = TApp["fields"] extends UserFieldsSchema
  ? {
      readonly [TKey in keyof z.input<TApp["fields"]>]?: z.input<TApp["fields"]>[TKey] | null | undefined;
    }
  : never;

/** `setUserFields`, without the types of an app. */
export type SetUserFields = (patch: Readonly<Record<string, unknown>>) => User;

/** Available to procedures and hooks in a user's object. */
export interface UserFieldsWriter<TApp extends AppDefinition> {
  /**
   * Sets fields of the user that only server code can write, and returns the user. A field that is `undefined` keeps its
   * value; `null` clears it, unless its schema accepts `null`. Synchronous, and part of the caller's transaction.
   *
   * @throws TRPCError BAD_REQUEST if the fields do not match the schema, PAYLOAD_TOO_LARGE above 32 KiB
   * @example
   * ```ts
   * ctx.setUserFields({ plan: "pro" });
   * ```
   */
  setUserFields(patch: UserFieldsPatch<TApp>): UserOf<TApp>;
}

/**
 * Checks the schema of `fields` when the app starts.
 *
 * @throws Error that names the required fields
 */
export function checkUserFields(schema: UserFieldsSchema | undefined): void {
  const { success, error } = schema?.safeParse({}) ?? { success: true };
  if (success) return;
  const names = [...new Set(error?.issues.map(({ path }) => `\`${path.join(".")}\``))].join(", ");
  throw new Error(
    `The option \`fields\` of initUserDO has required fields, but a new user has no fields: ${names}. ` +
      "Make each field optional, or give it a default.",
  );
}
