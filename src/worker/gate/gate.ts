import { requiresUniqueKeys } from "../../shared/duplicate-keys.js";
import { TICKET_PARAMETER, USER_PARAMETER } from "../../shared/socket-parameters.js";
import { limits } from "../../shared/limits.js";
import { preflightResponse } from "./preflight-response.js";
import type {
  Credentials,
  CallsRequest,
  FormRequest,
  UpgradeRequest,
  GateOptions,
  GateResult,
  SerializedCall,
} from "./gate-result.js";
import { checkOrigin } from "./origin-rule.js";
import { parseJson } from "./parse-json.js";
import { readBody } from "./read-body.js";
import { readCalls, wantsStream } from "./read-calls.js";
import { readCredentials } from "./read-credentials.js";
import { formAt, readForm, type FormName } from "./read-form.js";
import { readIdempotencyKey } from "./read-idempotency-key.js";
import { readPaths } from "./read-paths.js";
import { readQuery } from "./read-query.js";
import { connectionParamsInUrl, readSocketOwner } from "./read-socket-owner.js";
import { GateRefusal } from "./refusal.js";

/** The path of the keys with which other services verify this app's tokens (a JWK Set, RFC 7517). */
const PUBLIC_KEYS = ".well-known/jwks.json";

/**
 * Validates a request before tRPC or the app see it, and reads its body.
 *
 * The response to every result except `otherPath` and `publicKeys` has to pass through `withGateHeaders`. Returns a promise only
 * if the request has a body to read.
 */
export function gate(request: Request, options: GateOptions): GateResult | Promise<GateResult> {
  const requestUrl = request.url;
  const url = new URL(requestUrl);
  // Compares the prefix. A cut by length would also run `/abcd/auth.login`, which bypasses firewall rules for `/trpc`.
  const { pathname } = url;
  const rest = pathname === options.path ? "" : cutPrefix(pathname, `${options.path}/`);
  if (rest === undefined) return { kind: "otherPath" };

  const { method, headers } = request;
  const isOwnCookie = (name: string): boolean => options.cookieNamesAt(url).has(name);
  // The keys are public, so any origin may read them.
  if (rest === PUBLIC_KEYS && method === "GET") return { kind: "publicKeys" };

  const form = formAt(rest);
  let corsOrigin: string | undefined;
  try {
    const rule = { ownOrigin: url.origin, allowedOrigins: options.allowedOrigins };
    // Browsers send an Origin with every POST. One with a cookie and without an Origin is always refused.
    corsOrigin = checkOrigin(headers, method === "GET" ? { ...rule, isOwnCookie } : rule);
    if (requestUrl.length > limits.urlLength) throw urlTooLong();
    switch (method) {
      case "OPTIONS":
        return { kind: "answered", response: preflightResponse(headers, corsOrigin), corsOrigin };
      case "HEAD":
        return { kind: "answered", response: new Response(null, { status: 204 }), corsOrigin };
      case "GET":
        // A link or a prefetch must not sign a user out.
        if (form) throw postOnly();
        if (isUpgrade(headers)) return gateUpgrade(headers, url, corsOrigin, options);
        return gateQueries(headers, url, rest, corsOrigin, options);
      case "POST":
        return gatePost(request, url, { rest, form }, corsOrigin, options).catch((error: unknown) =>
          toRefusedResult(error, corsOrigin),
        );
      default:
        throw methodNotAllowed();
    }
  } catch (error) {
    return toRefusedResult(error, corsOrigin);
  }
}

/** @throws any error that is not a refusal */
function toRefusedResult(error: unknown, corsOrigin: string | undefined): GateResult {
  if (!(error instanceof GateRefusal)) throw error;
  return { kind: "refused", refusal: error.refusal, corsOrigin };
}

function gateQueries(
  headers: Headers,
  url: URL,
  rest: string,
  corsOrigin: string | undefined,
  options: GateOptions,
): CallsRequest {
  const request = readCallsRequest(headers, url, rest, options);
  const calls = parseCalls(request, request.query.get("input") ?? "");
  return { kind: "calls", url, method: "GET", isBatch: request.isBatch, calls, corsOrigin, ...request.credentials };
}

async function gatePost(
  request: Request,
  url: URL,
  { rest, form }: { readonly rest: string; readonly form: FormName | undefined },
  corsOrigin: string | undefined,
  options: GateOptions,
): Promise<CallsRequest | FormRequest> {
  if (form) {
    const credentials = credentialsOf(request.headers, url, options);
    return { kind: "form", url, form, fields: await readForm(request), corsOrigin, ...credentials };
  }
  const { isBatch, paths, credentials } = readCallsRequest(request.headers, url, rest, options);
  const idempotencyKey = readIdempotencyKey(request.headers, isBatch);
  const read = parseCalls({ isBatch, paths }, await readBody(request));
  const calls = idempotencyKey === undefined ? read : read.map((call) => ({ ...call, idempotencyKey }));
  return { kind: "calls", url, method: "POST", isBatch, calls, corsOrigin, ...credentials };
}

/** Reads a request with calls, except their inputs. */
function readCallsRequest(headers: Headers, url: URL, rest: string, options: GateOptions) {
  const query = readQuery(url.search);
  if (query.has("connectionParams")) throw connectionParamsInUrl("Send an Authorization header instead.");
  const isBatch = query.get("batch") === "1";
  // tRPC's adapter only notices when it writes the response, after a mutation has run.
  if (!isBatch && wantsStream(headers)) throw streamWithoutBatch();
  const paths = readPaths(rest, isBatch);
  return { query, isBatch, paths, credentials: credentialsOf(headers, url, options) };
}

/** @param text the inputs of the calls; empty if they have none */
function parseCalls(
  { paths, isBatch }: { readonly paths: readonly string[]; readonly isBatch: boolean },
  text: string,
): SerializedCall[] {
  const uniqueKeys = paths.some(requiresUniqueKeys);
  return readCalls(paths, isBatch, text === "" ? undefined : parseJson(text, { uniqueKeys }));
}

function gateUpgrade(headers: Headers, url: URL, corsOrigin: string | undefined, options: GateOptions): UpgradeRequest {
  if (url.pathname !== options.path) {
    throw new GateRefusal({
      code: "NOT_FOUND",
      reason: "PATH_INVALID",
      message: `The path is not the one of sockets. Open the socket at ${options.path}.`,
    });
  }
  const query = readQuery(url.search);
  const owner = readSocketOwner(query);
  const ticket = query.get(TICKET_PARAMETER);
  const hasConnectionParams = query.has("connectionParams");
  const upgrade = { kind: "upgrade", url, owner, hasConnectionParams, corsOrigin } as const;
  // With a ticket, as with a Bearer token, cookies are ignored: the browser adds them, and they may belong to another user.
  if (ticket !== undefined) return { ...upgrade, ticket, cookies: {} };
  return { ...upgrade, user: query.get(USER_PARAMETER), ...credentialsOf(headers, url, options) };
}

function credentialsOf(headers: Headers, url: URL, { cookieNamesAt }: GateOptions): Credentials {
  return readCredentials(headers, cookieNamesAt(url).has);
}

function isUpgrade(headers: Headers): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}

function cutPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

function urlTooLong(): GateRefusal {
  return new GateRefusal({
    code: "PAYLOAD_TOO_LARGE",
    reason: "URL_TOO_LONG",
    message: `The URL is longer than ${limits.urlLength} characters. Set the link's maxURLLength, or send a smaller input.`,
  });
}

function methodNotAllowed(): GateRefusal {
  return new GateRefusal({
    code: "METHOD_NOT_SUPPORTED",
    reason: "METHOD_NOT_ALLOWED",
    message: "This method is not supported. Use GET for queries and subscriptions, POST for mutations.",
    headers: { Allow: "GET, POST, OPTIONS" },
  });
}

function postOnly(): GateRefusal {
  return new GateRefusal({
    code: "METHOD_NOT_SUPPORTED",
    reason: "METHOD_NOT_ALLOWED",
    message: 'This form cannot be sent with GET. Add method="post" to it.',
    headers: { Allow: "POST, OPTIONS" },
  });
}

function streamWithoutBatch(): GateRefusal {
  return new GateRefusal({
    code: "BAD_REQUEST",
    reason: "STREAM_NEEDS_BATCH",
    message: "Only the response to a batch can be a stream. Add ?batch=1, even for a single call.",
  });
}
