import { requiresUniqueKeys } from "../../shared/duplicate-keys.js";
import { TICKET_PARAMETER, USER_PARAMETER } from "../../shared/socket-parameters.js";
import { limits } from "../../shared/limits.js";
import { preflightResponse } from "./preflight-response.js";
import type { Credentials, CallsRequest, FormRequest, UpgradeRequest, GateOptions, GateResult } from "./gate-result.js";
import { checkOrigin } from "./origin-rule.js";
import { parseJson } from "./parse-json.js";
import { readBody } from "./read-body.js";
import { readCalls, wantsStream } from "./read-calls.js";
import { readCredentials } from "./read-credentials.js";
import { formAt, readForm, type FormName } from "./read-form.js";
import { readPaths } from "./read-paths.js";
import { readQuery } from "./read-query.js";
import { connectionParamsInUrl, readOrganizationId } from "./read-organization-id.js";
import { GateRefusal } from "./refusal.js";

/** The path of the keys with which other services verify this app's tokens (a JWK Set, RFC 7517). */
const PUBLIC_KEYS = ".well-known/jwks.json";

/**
 * Validates a request before tRPC or the app see it, and reads its body.
 *
 * The response to every result except `otherPath` and `publicKeys` has to pass through `withGateHeaders`.
 */
export async function gate(request: Request, options: GateOptions): Promise<GateResult> {
  const url = new URL(request.url);
  // Compares the prefix. A cut by length would also run `/abcd/auth.login`, which bypasses firewall rules for `/trpc`.
  const { pathname } = url;
  const rest = pathname === options.path ? "" : cutPrefix(pathname, `${options.path}/`);
  if (rest === undefined) return { kind: "otherPath" };

  const { method, headers } = request;
  // The keys are public, so any origin may read them.
  if (rest === PUBLIC_KEYS && method === "GET") return { kind: "publicKeys" };

  const form = formAt(rest);
  let corsOrigin: string | undefined;
  try {
    const rule = { ownOrigin: url.origin, allowedOrigins: options.allowedOrigins };
    // Browsers send an Origin with every POST. One with a cookie and without an Origin is always refused.
    corsOrigin = checkOrigin(
      headers,
      method === "GET" ? { ...rule, isOwnCookie: options.cookieNamesAt(url).has } : rule,
    );
    if (request.url.length > limits.urlLength) throw urlTooLong();
    switch (method) {
      case "OPTIONS":
        return { kind: "answered", response: preflightResponse(headers, corsOrigin), corsOrigin };
      case "HEAD":
        return { kind: "answered", response: new Response(null, { status: 204 }), corsOrigin };
      case "GET":
        // A link or a prefetch must not sign a user out.
        if (form) throw postOnly();
        if (isUpgrade(request)) return gateUpgrade(request, url, corsOrigin, options);
        return await gateCalls(request, "GET", url, rest, corsOrigin, options);
      case "POST":
        if (form) return await gateForm(request, url, form, corsOrigin, options);
        return await gateCalls(request, "POST", url, rest, corsOrigin, options);
      default:
        throw methodNotAllowed();
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
): Promise<CallsRequest> {
  const query = readQuery(url.search);
  if (query.has("connectionParams")) throw connectionParamsInUrl("Send an Authorization header instead.");
  const isBatch = query.get("batch") === "1";
  // tRPC's adapter only notices when it writes the response, after a mutation has run.
  if (!isBatch && wantsStream(request.headers)) throw streamWithoutBatch();
  const paths = readPaths(rest, isBatch);
  const credentials = credentialsOf(request, url, options);
  const text = method === "POST" ? await readBody(request) : (query.get("input") ?? "");
  const uniqueKeys = paths.some(requiresUniqueKeys);
  const calls = readCalls(paths, isBatch, text === "" ? undefined : parseJson(text, { uniqueKeys }));
  return { kind: "calls", url, method, isBatch, calls, corsOrigin, ...credentials };
}

async function gateForm(
  request: Request,
  url: URL,
  form: FormName,
  corsOrigin: string | undefined,
  options: GateOptions,
): Promise<FormRequest> {
  const credentials = credentialsOf(request, url, options);
  return { kind: "form", url, form, fields: await readForm(request), corsOrigin, ...credentials };
}

function gateUpgrade(request: Request, url: URL, corsOrigin: string | undefined, options: GateOptions): UpgradeRequest {
  if (url.pathname !== options.path) {
    throw new GateRefusal({
      code: "NOT_FOUND",
      reason: "PATH_INVALID",
      message: `The path is not the one of sockets. Open the socket at ${options.path}.`,
    });
  }
  const query = readQuery(url.search);
  const organizationId = readOrganizationId(query);
  const ticket = query.get(TICKET_PARAMETER);
  const hasConnectionParams = query.has("connectionParams");
  const upgrade = { kind: "upgrade", url, organizationId, hasConnectionParams, corsOrigin } as const;
  // With a ticket, as with a Bearer token, cookies are ignored: the browser adds them, and they may belong to another user.
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
