import { TICKET_PARAMETER, USER_PARAMETER } from "../../shared/socket-parameters.js";
import { GateRefusal } from "./refusal.js";

const KNOWN = ["batch", "input", "connectionParams", "organizationId", USER_PARAMETER, TICKET_PARAMETER] as const;

/** The parameters that mean something to the gate. */
export type Query = ReadonlyMap<(typeof KNOWN)[number], string>;

/**
 * Reads a URL's query. `URLSearchParams` would turn bytes that are no UTF-8 into U+FFFD and take the first of two
 * inputs; both are refused here. Parameters that mean nothing to the gate are ignored.
 *
 * @throws Refused BAD_REQUEST
 */
export function readQuery(search: string): Query {
  const query = new Map<(typeof KNOWN)[number], string>();
  for (const pair of search.slice(1).split("&")) {
    const equals = pair.indexOf("=");
    const known = knownName(equals < 0 ? pair : pair.slice(0, equals));
    if (known === undefined) continue;
    if (query.has(known)) throw new GateRefusal("BAD_REQUEST", `The URL has two ${known} parameters. Send one.`);
    query.set(known, equals < 0 ? "" : decode(pair.slice(equals + 1)));
  }
  return query;
}

/** Others may add parameters, such as those of campaigns, that are not even well-formed. */
function knownName(text: string): (typeof KNOWN)[number] | undefined {
  try {
    const name = decode(text);
    return KNOWN.find((candidate) => candidate === name);
  } catch {
    return undefined;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new GateRefusal(
      "BAD_REQUEST",
      "The URL's query is not percent-encoded UTF-8. Encode it with encodeURIComponent.",
    );
  }
}
