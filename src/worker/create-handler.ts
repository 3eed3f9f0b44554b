import type { AnyTRPCRouter } from "@trpc/server";
import { createCallReporter } from "../router/create-call-reporter.js";
import { createErrorReporter } from "../router/create-error-reporter.js";
import { definitionOf } from "../router/definition.js";
import type { OnError } from "../router/error-report.js";
import { objectFailureOf } from "../shared/object-failure.js";
import { inSpan } from "../shared/tracing.js";
import { USER_HEADER } from "../shared/user-header.js";
import { adapterResponse } from "./calls/adapter-response.js";
import { handleCalls, type HandleCallsOptions, type Respond } from "./calls/handle-calls.js";
import { createCallReports, type CallReports } from "./calls/report-calls.js";
import { plainResponse } from "./calls/plain-response.js";
import { publicKeysResponse } from "./request/public-keys-response.js";
import { handleUpgrade } from "./handle-upgrade.js";
import { readConfiguration, configurationErrorOf } from "./configuration.js";
import { checkRateLimits, createNetworkLimits } from "./request/create-network-limits.js";
import { checkHandlerOptions } from "./check-handler-options.js";
import { createCookiesAt } from "./cookies/create-cookies-at.js";
import { findBrowserSession } from "./cookies/find-browser-session.js";
import { createDroppedCookieCheck } from "./cookies/dropped-cookies.js";
import { writeSessionCookies } from "./cookies/write-session-cookies.js";
import { createWarnOnce } from "./create-warn-once.js";
import { deviceOf, requestIdOf } from "./request/device-of.js";
import { formCall } from "./forms/form-call.js";
import { redirectAfter, targetAfter } from "./forms/redirect-after.js";
import { gate } from "./gate/gate.js";
import { withGateHeaders } from "./gate/gate-headers.js";
import type { CallsRequest, Cors, FormRequest, GateOptions, UpgradeRequest } from "./gate/gate-result.js";
import { createAllowedOrigins } from "./gate/allowed-origins.js";
import { refusalResponse } from "./gate/refusal-response.js";
import type { Refusal } from "./gate/refusal.js";
import type { HandlerOptions } from "./options.js";
import type { WaitUntil } from "./streams/read-stream.js";
import { invalidTicket, redeemTicket } from "./auth/redeem-ticket.js";
import { refusalOfOtherUser, sessionUserOf } from "./auth/expected-user.js";
import { tokenVerifierOf } from "./auth/token-verifier.js";
import { authenticate } from "./auth/authenticate.js";

const foreignCookies =
  "A request has session cookies that this app did not sign. If another app on this host uses the same names, set the " +
  "option `cookiePrefix` in one of them. Both stay signed in without it, but each switch between them renews the session. " +
  "The cookies may also be older than JWT_SECRET.";

const unusedConnectionParams =
  "A client sends connectionParams with its socket, which are not added to the context. Sign in with cookies or with an " +
  "Authorization header, and pass other values in the input of the procedure.";

/** Handles a request to the tRPC endpoint; returns `undefined` for a request to any other path. */
export type Handler = (request: Request, env: object, ctx: object) => Promise<Response | undefined>;

/**
 * Creates the app's tRPC endpoint as a function that you can mount in any Worker or router.
 *
 * @example
 * ```ts
 * const handler = createHandler(appRouter);
 * export default {
 *   fetch: async (request, env, ctx) => (await handler(request, env, ctx)) ?? app.fetch(request, env, ctx),
 * };
 * ```
 * @throws Error if the router's definition is wrong, or an option is misspelt or never takes effect
 */
export function createHandler(router: AnyTRPCRouter, options: HandlerOptions = {}): Handler {
  return createRequestHandler(router, options, respond);
}

/** Responds to queries and mutations with one JSON text, and to subscriptions and streams through tRPC's adapter. */
const respond: Respond = (prepared, options) => {
  const [first] = prepared.calls;
  const isSubscription = !options.gated.isBatch && first?.procedure?._def.type === "subscription";
  return prepared.streams || isSubscription ? adapterResponse(prepared, options) : plainResponse(prepared, options);
};

/**
 * Creates a handler with another way to respond to calls. Tests compare the ways.
 *
 * @param respondToCalls responds to the calls of a request
 */
export function createRequestHandler(router: AnyTRPCRouter, options: HandlerOptions, respondToCalls: Respond): Handler {
  checkHandlerOptions(options);
  const { binding, path = "/trpc", cookiePrefix, forms = {} } = options;
  const { rateLimits = {}, clientAddressHeader = "CF-Connecting-IP", cookies: cookieOptions = {} } = options;
  const onError = createErrorReporter(options.onError);
  const onCall = createCallReporter(options.onCall, onError);
  const { extendContext, appJurisdiction } = definitionOf(router);
  const allowedOrigins = createAllowedOrigins(options.allowedOrigins ?? []);
  const warnOnce = createWarnOnce();
  const droppedCookies = createDroppedCookieCheck(cookieOptions, warnOnce);
  /** Refuses a request as a whole. */
  function reject(refusal: Refusal, cors: Cors, reports: CallReports | undefined): Response {
    reports?.refused(refusal);
    return withGateHeaders(refusalResponse(refusal, router._def._config, onError), cors);
  }
  const cookiesAt = createCookiesAt({ ...cookieOptions, prefix: cookiePrefix });
  const gateOptions: GateOptions = { path, allowedOrigins, cookieNamesAt: (url) => cookiesAt(url).names };

  async function handle(
    { request, env, ctx, requestId, reports }: GatedRequest,
    gated: CallsRequest | UpgradeRequest,
    redirectOrigin?: string,
  ): Promise<Response> {
    const configuration = readConfiguration(env, binding, { appJurisdiction, exported: exportsOf(ctx) });
    checkRateLimits(env, rateLimits);
    const cookies = cookiesAt(gated.url);
    const sent = cookies.readSent(gated.cookies);
    const verifier = tokenVerifierOf(configuration);
    // `await` of a value takes a microtask, so here and below only promises are awaited.
    const finding = findBrowserSession(sent, verifier);
    const session = finding instanceof Promise ? await finding : finding;
    if (session.isForeignPair) warnOnce(foreignCookies);
    const upgrade = gated.kind === "upgrade" ? gated : undefined;
    const ticket = upgrade?.ticket;
    const authenticating =
      ticket === undefined
        ? authenticate({ bearer: gated.bearer, session }, configuration)
        : redeemTicket(ticket, upgrade?.owner, configuration);
    const identity = authenticating instanceof Promise ? await authenticating : authenticating;
    if (!identity) return reject(invalidTicket, gated, reports);
    const { headers } = request;
    const expected = upgrade ? upgrade.user : (headers.get(USER_HEADER) ?? undefined);
    const otherUser =
      gated.bearer === undefined && ticket === undefined ? refusalOfOtherUser(expected, identity) : undefined;
    if (otherUser) return reject({ ...otherUser, headers: { [USER_HEADER]: sessionUserOf(identity) } }, gated, reports);
    const device = deviceOf(headers, { requestId, token: sent.device, addressHeader: clientAddressHeader });
    if (gated.kind === "calls") {
      const limiter = createNetworkLimits({ env, bindings: rateLimits, network: device.network });
      const calls: HandleCallsOptions = {
        path,
        limiter,
        droppedCookies,
        redirectOrigin,
        request,
        gated,
        identity,
        session,
        writeCookies: (effect) => writeSessionCookies(effect, { cookies, sent, session, verifier, configuration }),
        writeDeviceCookie: cookies.setDevice,
        device,
        router,
        configuration,
        env,
        extendContext,
        onError,
        reports,
        waitUntil: waitUntilOf(ctx),
      };
      return handleCalls(calls, respondToCalls);
    }
    if (gated.hasConnectionParams) warnOnce(unusedConnectionParams);
    const opened = await handleUpgrade(gated, identity, { configuration, device });
    return opened instanceof Response ? opened : reject(opened, gated, reports);
  }

  /** Runs the call of a form, and responds with a redirect. */
  async function handleForm(received: GatedRequest, gated: FormRequest): Promise<Response> {
    const { path: procedure, input } = formCall(gated);
    // All fields are strings, as in superjson's format. The schema of the procedure validates them.
    const call = { path: procedure, input: input && { json: input } };
    const target = new Request(new URL(`${path}/${procedure}`, gated.url), {
      method: "POST",
      headers: received.request.headers,
      // A sign-up reads the country.
      ...(received.request.cf && { cf: received.request.cf as RequestInitCfProperties }),
    });
    const calls: CallsRequest = { ...gated, kind: "calls", method: "POST", isBatch: false, calls: [call] };
    const redirects = { options: forms, allowedOrigins };
    const response = await handle({ ...received, request: target }, calls, targetAfter(gated, redirects).origin);
    return withGateHeaders(await redirectAfter(gated, response, redirects), gated);
  }

  return async (request, env, ctx) => {
    const gating = gate(request, gateOptions);
    const gated = gating instanceof Promise ? await gating : gating;
    if (gated.kind === "otherPath") return undefined;
    const requestId = requestIdOf(request.headers);
    const reports = onCall && createCallReports({ onCall, env, requestId, waitUntil: waitUntilOf(ctx) });
    const received: GatedRequest = { request, env, ctx, requestId, reports };
    try {
      switch (gated.kind) {
        case "refused":
          return reject(gated.refusal, gated, reports);
        case "answered":
          return withGateHeaders(gated.response, gated);
        case "publicKeys":
          return await publicKeysResponse(() =>
            readConfiguration(env, binding, { appJurisdiction, exported: exportsOf(ctx) }),
          );
        case "form":
          return await inSpan("userdo.request", { "userdo.request_id": requestId }, () => handleForm(received, gated));
        case "calls":
        case "upgrade":
          return await inSpan("userdo.request", { "userdo.request_id": requestId }, () => handle(received, gated));
      }
    } catch (error) {
      return reject(refusalOf(error, onError, requestId), gated.kind === "publicKeys" ? {} : gated, reports);
    }
  };
}

/** A request that the gate accepted. */
interface GatedRequest {
  readonly request: Request;
  readonly env: object;
  readonly ctx: object;
  readonly requestId: string;
  /** Reports the calls that the Worker answers; `undefined` without the option `onCall`. */
  readonly reports: CallReports | undefined;
}

/** Some routers do not pass on the execution context. Work then ends with its request. */
function waitUntilOf(ctx: Partial<Pick<ExecutionContext, "waitUntil">> | undefined): WaitUntil {
  return (work) => ctx?.waitUntil?.(work);
}

function exportsOf(ctx: { readonly exports?: object } | undefined): object | undefined {
  return ctx?.exports;
}

/**
 * Reports a wrong setting to the operator, in the log and in the response. Reports the reset of an object that a request
 * needs before its calls, to renew its session or to open a socket, to `onError`. Rethrows any other error.
 */
function refusalOf(cause: unknown, onError: OnError, requestId: string): Refusal {
  const error = configurationErrorOf(cause);
  const failure = error ? undefined : objectFailureOf(cause);
  if (failure) {
    const { reason } = failure;
    onError({ error: cause as Error, requestId, path: "(request)", type: undefined, reason });
    return failure;
  }
  if (!error) throw cause;
  // oxlint-disable-next-line no-console -- the log is where an operator looks first
  console.error(`[trpc-userdo] ${error.message}`);
  return { code: "INTERNAL_SERVER_ERROR", reason: "CONFIGURATION_INVALID", message: error.message };
}
