import { refusesEqualKeys } from "../../shared/equal-keys.js";
import { TICKET_PARAMETER, USER_PARAMETER } from "../../shared/socket-parameters.js";
import { limits } from "../../shared/limits.js";
import { answerPreflight } from "./answer-preflight.js";
import type { Credentials, GatedCalls, GatedForm, GatedUpgrade, GateOptions, GateResult } from "./gate-result.js";
import { checkOrigin } from "./origin-rule.js";
import { parseJson } from "./parse-json.js";
import { readBody } from "./read-body.js";
import { readCalls } from "./read-calls.js";
import { readCredentials } from "./read-credentials.js";
import { formAt, readForm, type FormName } from "./read-form.js";
import { readPaths } from "./read-paths.js";
import { readQuery } from "./read-query.js";
import { readUpgrade } from "./read-upgrade.js";
import { GateRefusal } from "./refusal.js";
import { wantsStream } from "./wants-stream.js";

/** Where other services find the keys that they check this app's tokens with. */
const PUBLIC_KEYS = ".well-known/jwks.json";

/**
 * Decides what becomes of a request before tRPC or the app see any of it. The request's body is read here.
 *
 * Every result but `notMine` and `publicKeys` leads to one reply, which goes through `withGateHeaders`.
 */
export async function gate(request: Request, options: GateOptions): Promise<GateResult> {
  const url = new URL(request.url);
  // Exactly the prefix. A mere cut by length would also run `/abcd/auth.login`, past all rules made for `/trpc`.
  const rest = url.pathname === options.path ? "" : cutPrefix(url.pathname, `${options.path}/`);
  if (rest === undefined) return { kind: "notMine" };

  // Public, and of no use to a page that reads it: the one place without an origin rule.
  if (rest === PUBLIC_KEYS && request.method === "GET") return { kind: "publicKeys" };

  const form = formAt(rest);
  let corsOrigin: string | undefined;
  try {
    corsOrigin = checkOrigin(request.headers, {
      ownOrigin: url.origin,
      allowedOrigins: options.allowedOrigins,
      // Every browser sends an Origin with a POST: one without it, and with any cookie, is not to be explained.
      ...(request.method === "GET" && { isOwnCookie: options.cookieNamesAt(url).has }),
    });
    if (request.url.length > limits.urlLength) throw tooLong();
    switch (request.method) {
      case "OPTIONS":
        return { kind: "answered", response: answerPreflight(request.headers, corsOrigin), corsOrigin };
      case "HEAD":
        return { kind: "answered", response: new Response(null, { status: 204 }), corsOrigin };
      case "GET":
        // A link or a prefetch must not sign anybody out.
        if (form) throw postOnly();
        if (isUpgrade(request)) return gateUpgrade(request, url, corsOrigin, options);
        return await gateCalls(request, "GET", url, rest, corsOrigin, options);
      case "POST":
        if (form) return await gateForm(request, url, form, corsOrigin, options);
        return await gateCalls(request, "POST", url, rest, corsOrigin, options);
      default:
        throw wrongMethod();
    }
  } catch (error) {
    if (!(error instanceof GateRefusal)) throw error;
    return { kind: "refused", refusal: error.refusal, corsOrigin };
  }
}

async function gateCalls(
  request: Request,
  method: "GET" | "POST",
  url: URL,
  rest: string,
  corsOrigin: string | undefined,
  options: GateOptions,
): Promise<GatedCalls> {
  const query = readQuery(url.search);
  if (query.has("connectionParams")) throw tokenInUrl();
  const isBatch = query.get("batch") === "1";
  // tRPC finds this out only when it writes the reply: a mutation would have run by then.
  if (!isBatch && wantsStream(request.headers)) throw streamOfOne();
  const paths = readPaths(rest, isBatch);
  const credentials = credentialsOf(request, url, options);
  const text = method === "POST" ? await readBody(request) : (query.get("input") ?? "");
  const uniqueKeys = paths.some(refusesEqualKeys);
  const calls = readCalls(paths, isBatch, text === "" ? undefined : parseJson(text, { uniqueKeys }));
  return { kind: "calls", url, method, isBatch, calls, corsOrigin, ...credentials };
}

async function gateForm(
  request: Request,
  url: URL,
  form: FormName,
  corsOrigin: string | undefined,
  options: GateOptions,
): Promise<GatedForm> {
  const credentials = credentialsOf(request, url, options);
  return { kind: "form", url, form, fields: await readForm(request), corsOrigin, ...credentials };
}

function gateUpgrade(request: Request, url: URL, corsOrigin: string | undefined, options: GateOptions): GatedUpgrade {
  if (url.pathname !== options.path) {
    throw new GateRefusal("NOT_FOUND", `A socket's path names no procedure. Open it at ${options.path}.`);
  }
  const query = readQuery(url.search);
  const organizationId = readUpgrade(query);
  const ticket = query.get(TICKET_PARAMETER);
  const hasConnectionParams = query.has("connectionParams");
  const upgrade = { kind: "upgrade", url, organizationId, hasConnectionParams, corsOrigin } as const;
  // A client that has a ticket acts by it alone, as with a Bearer token: its browser may add cookies of another user.
  if (ticket !== undefined) return { ...upgrade, ticket, cookies: {} };
  return { ...upgrade, user: query.get(USER_PARAMETER), ...credentialsOf(request, url, options) };
}

function credentialsOf({ headers }: Request, url: URL, { cookieNamesAt }: GateOptions): Credentials {
  return readCredentials(headers, cookieNamesAt(url).has);
}

function isUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

function cutPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

function tooLong(): GateRefusal {
  return new GateRefusal(
    "PAYLOAD_TOO_LARGE",
    `The URL is longer than ${limits.urlLength} characters. Set the link's maxURLLength, or send less input at a time.`,
  );
}

function wrongMethod(): GateRefusal {
  const message = "This method is not supported. Use GET for queries and subscriptions, POST for mutations.";
  return new GateRefusal("METHOD_NOT_SUPPORTED", message, { Allow: "GET, POST, OPTIONS" });
}

function postOnly(): GateRefusal {
  return new GateRefusal("METHOD_NOT_SUPPORTED", "Forms are posted. Use method POST.", { Allow: "POST, OPTIONS" });
}

function tokenInUrl(): GateRefusal {
  return new GateRefusal(
    "BAD_REQUEST",
    "connectionParams do not belong in a URL, which ends up in logs. Send an Authorization header instead.",
  );
}

function streamOfOne(): GateRefusal {
  return new GateRefusal("BAD_REQUEST", "Only a batch is answered as a stream. Add ?batch=1, for a single call too.");
}
