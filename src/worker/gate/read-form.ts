import { readBody } from "./read-body.js";
import { GateRefusal } from "./refusal.js";
import { parseUrlEncoded } from "./url-encoded.js";

/** The forms that work without JavaScript. */
export type FormName = "signup" | "login" | "logout";

const MAX_FIELDS = 50;

/** The form at a path below the endpoint; `undefined` if the path is not a form's. */
export function formAt(rest: string): FormName | undefined {
  switch (rest) {
    case "form/signup":
      return "signup";
    case "form/login":
      return "login";
    case "form/logout":
      return "logout";
    default:
      return undefined;
  }
}

/**
 * Reads the fields of a posted form.
 *
 * @throws GateRefusal UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST
 */
export async function readForm(request: Request): Promise<ReadonlyMap<string, string>> {
  const pairs = parseUrlEncoded(await readBody(request, "application/x-www-form-urlencoded"));
  if (pairs.length > MAX_FIELDS) {
    throw malformed(`The form has more than ${MAX_FIELDS} fields. Remove the fields that it does not need.`);
  }
  const fields = new Map<string, string>();
  for (const { name, value } of pairs) {
    if (name === undefined || value === undefined) {
      throw malformed('The form is not encoded as UTF-8. Add <meta charset="utf-8"> to its page.');
    }
    if (fields.has(name)) throw malformed("The form has two fields with the same name. Remove one of them.");
    fields.set(name, value);
  }
  return fields;
}

function malformed(message: string): GateRefusal {
  return new GateRefusal({ code: "BAD_REQUEST", reason: "FORM_MALFORMED", message });
}
