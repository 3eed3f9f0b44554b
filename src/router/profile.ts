import type { z } from "zod";
import type { User } from "../shared/account.js";
import type { AppPermissionOf } from "./app-roles/app-role-definitions.js";
import type { AppDefinition, ProfileSchema, UserFieldsSchema } from "./definition.js";

/** A user, with the `profile` and the `fields` of the app if it declares them. */
export type UserOf<TApp extends AppDefinition> = TApp["profile"] extends ProfileSchema
  ? TApp["fields"] extends UserFieldsSchema
    ? AppUser<TApp> & { readonly profile: z.output<TApp["profile"]>; readonly fields: z.output<TApp["fields"]> }
    : AppUser<TApp> & { readonly profile: z.output<TApp["profile"]> }
  : TApp["fields"] extends UserFieldsSchema
    ? AppUser<TApp> & { readonly fields: z.output<TApp["fields"]> }
    : AppUser<TApp>;

type AppUser<TApp extends AppDefinition> = User<AppPermissionOf<TApp["appRoles"]>>;

/** The `profile` in the input of a sign-up. Optional if every field is optional. */
export type SignupProfile<TApp extends AppDefinition> = TApp["profile"] extends ProfileSchema
  ? Record<never, never> extends z.input<TApp["profile"]>
    ? { readonly profile?: z.input<TApp["profile"]> | undefined }
    : { readonly profile: z.input<TApp["profile"]> }
  : object;

/** An update of the profile: `undefined` keeps a field, `null` clears it. */
export type ProfilePatch<TApp extends AppDefinition> = TApp["profile"] extends ProfileSchema
  ? {
      readonly profile: {
        readonly [TKey in keyof z.input<TApp["profile"]>]?: z.input<TApp["profile"]>[TKey] | null | undefined;
      };
    }
  : object;
