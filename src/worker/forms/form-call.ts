import type { GatedCall, GatedForm } from "../gate/gate-result.js";

/** What a form's fields may say of a new user, beside address and password: `profile.firstName`. */
const PROFILE = "profile.";

/** The procedure that a form calls, and its input. Fields that it has no use for, such as a button's, are left out. */
export function formCall({ form, fields }: Pick<GatedForm, "form" | "fields">): GatedCall {
  const path = `auth.${form}`;
  if (form === "logout") return { path, input: undefined };
  const input: Record<string, unknown> = { email: fields.get("email"), password: fields.get("password") };
  const profile = [...fields].filter(([name]) => name.startsWith(PROFILE));
  if (form === "signup" && profile.length > 0) {
    input["profile"] = Object.fromEntries(profile.map(([name, value]) => [name.slice(PROFILE.length), value]));
  }
  return { path, input };
}
