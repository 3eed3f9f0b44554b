import { APP_PARAMETER, TICKET_PARAMETER, USER_PARAMETER } from "../../shared/socket-parameters.js";
import { GateRefusal } from "./refusal.js";
import { parseUrlEncoded } from "./url-encoded.js";

const KNOWN = [
  "batch",
  "input",
  "connectionParams",
  "organizationId",
  APP_PARAMETER,
  USER_PARAMETER,
  TICKET_PARAMETER,
] as const;

/** The URL parameters that the gate reads. */
export type Query = ReadonlyMap<(typeof KNOWN)[number], string>;

/**
 * Reads the query of a URL. Other parameters, such as those of advertising campaigns, are ignored, even if they are
 * malformed.
 *
 * @throws GateRefusal BAD_REQUEST
 */
export function readQuery(search: string): Query {
  const query = new Map<(typeof KNOWN)[number], string>();
  for (const { name, value } of parseUrlEncoded(search.slice(1))) {
    const known = KNOWN.find((candidate) => candidate === name);
    if (known === undefined) continue;
    if (query.has(known)) throw malformed(`The URL has two ${known} parameters. Send one.`);
    if (value === undefined) {
      throw malformed("The URL's query is not percent-encoded UTF-8. Encode it with encodeURIComponent.");
    }
    query.set(known, value);
  }
  return query;
}

function malformed(message: string): GateRefusal {
  return new GateRefusal({ code: "BAD_REQUEST", reason: "QUERY_MALFORMED", message });
}
