import { z } from "zod";
import type { AppDefinition, SettingsSchema } from "../definition.js";
import { optionalIfEmpty } from "../optional-if-empty.js";

/** An organization's settings, as a part of what tells of it; nothing when the app has none. */
export type WithSettings<TApp extends AppDefinition> = TApp["settings"] extends SettingsSchema
  ? { readonly settings: z.output<TApp["settings"]> }
  : object;

/** What a new organization's settings are given as. May be left out when every field may. */
export type NewSettings<TApp extends AppDefinition> = TApp["settings"] extends SettingsSchema
  ? Record<never, never> extends z.input<TApp["settings"]>
    ? { readonly settings?: z.input<TApp["settings"]> | undefined }
    : { readonly settings: z.input<TApp["settings"]> }
  : object;

/** What an update of the settings says: `undefined` keeps, `null` clears. */
export type SettingsPatch<TApp extends AppDefinition> = TApp["settings"] extends SettingsSchema
  ? {
      readonly settings?:
        | {
            readonly [TKey in keyof z.input<TApp["settings"]>]?: z.input<TApp["settings"]>[TKey] | null | undefined;
          }
        | undefined;
    }
  : object;

const name = z
  .string()
  .trim()
  .min(1, "An organization's name has at least 1 character.")
  .max(100, "An organization's name has at most 100 characters.")
  .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), "An organization's name is one line of text.");

/** What a new organization is made of. */
export interface NewOrganization {
  readonly name: string;
  readonly settings?: unknown;
}

/** What `organizations.create` takes. */
export function creationInput<TApp extends AppDefinition>(
  settings: TApp["settings"],
): z.ZodType<NewOrganization, { readonly name: string } & NewSettings<TApp>> {
  const plain = z.strictObject({ name });
  const schema = settings ? plain.extend({ settings: optionalIfEmpty(settings.strict()) }) : plain;
  // What the conditional type comes to for an app's settings is what the schema is for them.
  return schema as unknown as z.ZodType<NewOrganization, { readonly name: string } & NewSettings<TApp>>;
}

/** What `organizations.update` changes. */
export type OrganizationPatch = {
  readonly name?: string | undefined;
  /** Some of the fields. Only their names are looked at here: the whole is checked with what stays of it. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
};

/** What `organizations.update` takes beside `organizationId`. */
export type PatchInput<TApp extends AppDefinition> = { readonly name?: string | undefined } & SettingsPatch<TApp>;

/** The schema of a {@link PatchInput}. */
export function patchInput(settings: SettingsSchema | undefined): z.ZodType<OrganizationPatch, OrganizationPatch> {
  const fields = Object.fromEntries(Object.keys(settings?.shape ?? {}).map((key) => [key, z.unknown().optional()]));
  const plain = z.object({ name: name.optional() });
  const schema = settings ? plain.extend({ settings: z.strictObject(fields).optional() }) : plain;
  return schema;
}
