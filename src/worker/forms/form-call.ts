import type { FormRequest, SerializedCall } from "../gate/gate-result.js";

/** The prefix of fields that describe a new user, such as `profile.firstName`. */
const PROFILE = "profile.";

/** The procedure that a form calls, and its input. Ignores other fields, such as that of a button. */
export function formCall({ form, fields }: Pick<FormRequest, "form" | "fields">): SerializedCall {
  const path = `auth.${form}`;
  if (form === "logout") return { path, input: undefined };
  // A field that is missing must be missing in the input: `undefined` is not JSON, so the call would fail before its schema.
  const input: Record<string, unknown> = Object.fromEntries(
    ["email", "password"].flatMap((name) => (fields.has(name) ? [[name, fields.get(name)]] : [])),
  );
  const profile = [...fields].filter(([name]) => name.startsWith(PROFILE));
  if (form === "signup" && profile.length > 0) {
    input["profile"] = Object.fromEntries(profile.map(([name, value]) => [name.slice(PROFILE.length), value]));
  }
  return { path, input };
}
