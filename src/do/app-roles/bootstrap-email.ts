import { canonicalEmail } from "../../shared/email-address.js";

/** Returns the address of the setting `BOOTSTRAP_ADMIN_EMAIL`. Its first verified user becomes a superadmin. */
export function bootstrapEmailOf(env: object): string | undefined {
  const { BOOTSTRAP_ADMIN_EMAIL: setting } = env as { readonly BOOTSTRAP_ADMIN_EMAIL?: unknown };
  return typeof setting === "string" ? canonicalEmail(setting) : undefined;
}
