import { z } from "zod";
import type { AppDefinition, SettingsSchema } from "../definition.js";
import { optionalIfEmpty } from "../optional-if-empty.js";

/** The `settings` of an organization, if the app has settings. */
export type WithSettings<TApp extends AppDefinition> = TApp["settings"] extends SettingsSchema
  ? { readonly settings: z.output<TApp["settings"]> }
  : object;

/** The `settings` of a new organization. Optional if every field is optional. */
export type NewSettings<TApp extends AppDefinition> = TApp["settings"] extends SettingsSchema
  ? Record<never, never> extends z.input<TApp["settings"]>
    ? { readonly settings?: z.input<TApp["settings"]> | undefined }
    : { readonly settings: z.input<TApp["settings"]> }
  : object;

/** An update of the settings: `undefined` keeps a field, `null` clears it. */
export type SettingsPatch<TApp extends AppDefinition> = TApp["settings"] extends SettingsSchema
  ? {
      readonly settings?:
        | {
            readonly [TKey in keyof z.input<TApp["settings"]>]?: z.input<TApp["settings"]>[TKey] | null | undefined;
          }
        | undefined;
    }
  : object;

/** The name of an organization. */
export const organizationName = z
  .string()
  .trim()
  .min(1, "Enter a name for the organization.")
  .max(100, "The name of the organization must be at most 100 characters.")
  .refine(
    (value) => value.isWellFormed() && !/\p{Cc}/u.test(value),
    "The name of the organization must be a single line of text.",
  );

/** A new organization. */
export interface NewOrganization {
  readonly name: string;
  readonly settings?: unknown;
  /**
   * When another system created it.
   * @default now
   */
  readonly createdAt?: Date | undefined;
}

/** The input of `organizations.create`. */
export function creationInput<TApp extends AppDefinition>(
  settings: TApp["settings"],
): z.ZodType<NewOrganization, { readonly name: string } & NewSettings<TApp>> {
  const plain = z.strictObject({ name: organizationName });
  const schema = settings ? plain.extend({ settings: optionalIfEmpty(settings.strict()) }) : plain;
  // TypeScript cannot resolve the conditional type while the app is generic.
  return schema as unknown as z.ZodType<NewOrganization, { readonly name: string } & NewSettings<TApp>>;
}

/** The changes of `organizations.update`. */
export type OrganizationPatch = {
  readonly name?: string | undefined;
  /** Some of the fields. Only their names are checked here; the object validates them together with the stored fields. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
};

/** The input of `organizations.update`, without `organizationId`. */
export type PatchInput<TApp extends AppDefinition> = { readonly name?: string | undefined } & SettingsPatch<TApp>;

/** The schema of a {@link PatchInput}. */
export function patchInput(settings: SettingsSchema | undefined): z.ZodType<OrganizationPatch, OrganizationPatch> {
  const fields = Object.fromEntries(Object.keys(settings?.shape ?? {}).map((key) => [key, z.unknown().optional()]));
  const plain = z.object({ name: organizationName.optional() });
  const schema = settings ? plain.extend({ settings: z.strictObject(fields).optional() }) : plain;
  return schema;
}
