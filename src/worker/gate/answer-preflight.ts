import { USER_HEADER } from "../../shared/session-user.js";

/** What stock links and this package's client send. */
const ALLOWED_HEADERS = `content-type, trpc-accept, authorization, last-event-id, ${USER_HEADER}`;

/** How long a browser may remember the answer, in seconds. Chromium's own maximum. */
const MAX_AGE = 7200;

/** The answer to OPTIONS. A foreign origin that is not allowed has been refused before. */
export function answerPreflight(corsOrigin: string | undefined): Response {
  const headers = new Headers({ Allow: "GET, POST, OPTIONS" });
  if (corsOrigin !== undefined) {
    headers.set("Access-Control-Allow-Methods", "GET, POST");
    headers.set("Access-Control-Allow-Headers", ALLOWED_HEADERS);
    headers.set("Access-Control-Max-Age", String(MAX_AGE));
  }
  return new Response(null, { status: 204, headers });
}
