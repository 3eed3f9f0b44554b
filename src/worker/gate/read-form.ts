import { readBody } from "./read-body.js";
import { GateRefusal } from "./refusal.js";

/** What a form without JavaScript can ask for. */
export type FormName = "signup" | "login" | "logout";

/** Most fields of one form. */
const MAX_FIELDS = 50;

/** The form that a path names, `undefined` where there is none. */
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
 * Reads a form's fields, as a page without JavaScript sends them. `URLSearchParams` would turn bytes that are no UTF-8
 * into U+FFFD and take the first of two fields of a name; both are refused here.
 *
 * @throws Refused UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST
 */
export async function readForm(request: Request): Promise<ReadonlyMap<string, string>> {
  const text = await readBody(request, "application/x-www-form-urlencoded");
  const pairs = text === "" ? [] : text.split("&");
  if (pairs.length > MAX_FIELDS)
    throw new GateRefusal("BAD_REQUEST", `A form has at most ${MAX_FIELDS} fields. Send fewer.`);
  const fields = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    if (fields.has(name)) throw new GateRefusal("BAD_REQUEST", "The form has two fields of the same name. Send one.");
    fields.set(name, equals < 0 ? "" : decode(pair.slice(equals + 1)));
  }
  return fields;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new GateRefusal("BAD_REQUEST", "The form is not percent-encoded UTF-8. Add a charset of utf-8 to its page.");
  }
}
