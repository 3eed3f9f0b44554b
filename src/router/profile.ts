import type { z } from "zod";
import type { User } from "../shared/account.js";
import type { AppDefinition, ProfileSchema, UserFieldsSchema } from "./definition.js";

/** A user as the app's procedures and its client see them: with the profile and the fields of the app, if it has any. */
export type UserOf<TApp extends AppDefinition> = TApp["profile"] extends ProfileSchema
  ? TApp["fields"] extends UserFieldsSchema
    ? User & { readonly profile: z.output<TApp["profile"]>; readonly fields: z.output<TApp["fields"]> }
    : User & { readonly profile: z.output<TApp["profile"]> }
  : TApp["fields"] extends UserFieldsSchema
    ? User & { readonly fields: z.output<TApp["fields"]> }
    : User;

/** What a sign-up says beside address and password. May be left out when every field may. */
export type SignupProfile<TApp extends AppDefinition> = TApp["profile"] extends ProfileSchema
  ? Record<never, never> extends z.input<TApp["profile"]>
    ? { readonly profile?: z.input<TApp["profile"]> | undefined }
    : { readonly profile: z.input<TApp["profile"]> }
  : object;

/** What an update of the profile says: `undefined` keeps, `null` clears. */
export type ProfilePatch<TApp extends AppDefinition> = TApp["profile"] extends ProfileSchema
  ? {
      readonly profile: {
        readonly [TKey in keyof z.input<TApp["profile"]>]?: z.input<TApp["profile"]>[TKey] | null | undefined;
      };
    }
  : object;
