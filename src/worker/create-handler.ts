import type { AnyTRPCRouter } from "@trpc/server";
import { createErrorReporter } from "../router/create-error-reporter.js";
import { definitionOf } from "../router/definition.js";
import type { SessionEffect } from "../shared/call.js";
import { USER_HEADER } from "../shared/session-user.js";
import { answerCalls } from "./calls/answer-calls.js";
import { answerPublicKeys } from "./answer-public-keys.js";
import { answerUpgrade } from "./answer-upgrade.js";
import { readConfiguration, settingAtFault } from "./configuration.js";
import { checkRateLimits, createNetworkLimits } from "./request/create-network-limits.js";
import { checkHandlerOptions } from "./check-handler-options.js";
import { cookieNames } from "./cookies/cookie-names.js";
import { createCookies } from "./cookies/create-cookies.js";
import { findBrowserSession } from "./cookies/find-browser-session.js";
import { createKeptSignInCheck } from "./cookies/kept-sign-in.js";
import { writeSessionCookies } from "./cookies/write-session-cookies.js";
import { createWarnOnce } from "./create-warn-once.js";
import { deviceOf } from "./request/device-of.js";
import { formCall } from "./forms/form-call.js";
import { redirectAfter, targetAfter } from "./forms/redirect-after.js";
import { gate } from "./gate/gate.js";
import { withGateHeaders } from "./gate/gate-headers.js";
import type { GatedCalls, GatedForm, GatedUpgrade } from "./gate/gate-result.js";
import { createAllowedOrigins } from "./gate/allowed-origins.js";
import { refuse } from "./gate/refuse.js";
import type { Refusal } from "./gate/refusal.js";
import type { HandlerOptions } from "./options.js";
import type { WaitUntil } from "./streams/read-stream.js";
import { invalidTicket, redeemTicket } from "./auth/redeem-ticket.js";
import { refusalOfOtherUser, sessionUserOf } from "./auth/session-user.js";
import { createTokenVerifier } from "./auth/token-verifier.js";
import { authenticate } from "./auth/authenticate.js";

const foreignCookies =
  "A request carries session cookies that this app did not sign. If another app on this host uses the same names, set the " +
  "option `cookiePrefix` in one of them: both stay signed in, but each switch between them costs a renewal. The cookies may " +
  "also be from before JWT_SECRET was replaced.";

const unusedConnectionParams =
  "A client sends connectionParams with its socket. They are not part of the context. Sign in with cookies or with an " +
  "Authorization header, and pass other values in the input of the procedure.";

/** Answers the requests that are for tRPC; `undefined` means that a request is not. */
export type Handler = (request: Request, env: object, ctx: object) => Promise<Response | undefined>;

/**
 * The app's tRPC endpoint as a function, to be mounted in any Worker or router.
 *
 * @throws Error when the router's definition is wrong, or an option is misspelt or can never take effect
 */
export function createHandler(router: AnyTRPCRouter, options: HandlerOptions): Handler {
  checkHandlerOptions(options);
  const { binding, path = "/trpc", cookiePrefix, forms = {} } = options;
  const { rateLimits = {}, clientAddressHeader = "CF-Connecting-IP", cookies: cookieOptions = {} } = options;
  const onError = createErrorReporter(options.onError);
  const { extendContext } = definitionOf(router);
  const allowedOrigins = createAllowedOrigins(options.allowedOrigins ?? []);
  const warnOnce = createWarnOnce();
  const keptSignIn = createKeptSignInCheck(cookieOptions, warnOnce);
  const refusalResponse = (refusal: Refusal): Response => refuse(refusal, router._def._config, onError);
  const cookieNamesAt = (url: URL) => cookieNames({ ...cookieOptions, prefix: cookiePrefix, url });

  async function answer(
    request: Request,
    env: object,
    ctx: object,
    gated: GatedCalls | GatedUpgrade,
    leadsTo?: string,
  ): Promise<Response> {
    const configuration = readConfiguration(env, binding);
    checkRateLimits(env, rateLimits);
    const cookies = createCookies({ ...cookieOptions, prefix: cookiePrefix, url: gated.url });
    const sent = { ...cookies.read(gated.cookies), records: cookies.readRecords(gated.cookies) };
    const verifier = createTokenVerifier(configuration);
    const session = await findBrowserSession(sent, verifier);
    if (session.isForeignPair) warnOnce(foreignCookies);
    const upgrade = gated.kind === "upgrade" ? gated : undefined;
    const ticket = upgrade?.ticket;
    const identity =
      ticket === undefined
        ? await authenticate({ bearer: gated.bearer, session }, configuration)
        : await redeemTicket(ticket, upgrade?.organizationId, configuration);
    if (!identity) return refusalResponse(invalidTicket);
    const expected = upgrade ? upgrade.user : (request.headers.get(USER_HEADER) ?? undefined);
    const otherUser =
      gated.bearer === undefined && ticket === undefined ? refusalOfOtherUser(expected, identity) : undefined;
    if (otherUser) return refusalResponse({ ...otherUser, headers: { [USER_HEADER]: sessionUserOf(identity) } });
    const device = deviceOf(request.headers, { token: sent.device, addressHeader: clientAddressHeader });
    if (gated.kind === "calls") {
      const limiter = createNetworkLimits({ env, bindings: rateLimits, network: device.network });
      const door = { router, configuration, env, extendContext, onError, waitUntil: waitUntilOf(ctx) };
      const writeCookies = (effect: SessionEffect | undefined) =>
        writeSessionCookies(effect, Date.now(), { cookies, sent, session, verifier, configuration });
      const client = { request, gated, identity, session, writeCookies, writeDeviceCookie: cookies.setDevice, device };
      return answerCalls({ path, limiter, keptSignIn, leadsTo, ...client, ...door });
    }
    if (gated.hasConnectionParams) warnOnce(unusedConnectionParams);
    const opened = await answerUpgrade(gated, identity, { configuration, device });
    return opened instanceof Response ? opened : refusalResponse(opened);
  }

  /** A form is one call, made for the page, and its reply is where the page goes next. */
  async function answerForm(request: Request, env: object, ctx: object, gated: GatedForm): Promise<Response> {
    const { path: procedure, input } = formCall(gated);
    // Texts alone, as superjson writes them. What a field's name makes of the input, the procedure's schema judges.
    const call = { path: procedure, input: input && { json: input } };
    const target = new Request(new URL(`${path}/${procedure}`, gated.url), {
      method: "POST",
      headers: request.headers,
    });
    const calls: GatedCalls = { ...gated, kind: "calls", method: "POST", isBatch: false, calls: [call] };
    const redirects = { options: forms, allowedOrigins };
    const response = await answer(target, env, ctx, calls, targetAfter(gated, redirects).origin);
    return redirectAfter(gated, response, redirects);
  }

  return async (request, env, ctx) => {
    const gated = await gate(request, { path, allowedOrigins, cookieNamesAt });
    switch (gated.kind) {
      case "notMine":
        return undefined;
      case "refused":
        return withGateHeaders(refusalResponse(gated.refusal), gated);
      case "answered":
        return withGateHeaders(gated.response, gated);
      case "publicKeys":
        return answerPublicKeys(() => readConfiguration(env, binding)).catch((error: unknown) =>
          withGateHeaders(refusalResponse(misconfigured(error)), {}),
        );
      case "form":
        return withGateHeaders(
          await answerForm(request, env, ctx, gated).catch((error: unknown) => refusalResponse(misconfigured(error))),
          gated,
        );
      case "calls":
      case "upgrade":
        return withGateHeaders(
          await answer(request, env, ctx, gated).catch((error: unknown) => refusalResponse(misconfigured(error))),
          gated,
        );
    }
  };
}

/** Nothing is kept going where there is none to say so: some routers hand none over. */
function waitUntilOf(ctx: Partial<Pick<ExecutionContext, "waitUntil">> | undefined): WaitUntil {
  return (work) => ctx?.waitUntil?.(work);
}

/** A setting that is missing is told to whoever runs the app, in the log and in the reply. Any other error goes on. */
function misconfigured(cause: unknown): Refusal {
  const error = settingAtFault(cause);
  if (!error) throw cause;
  // oxlint-disable-next-line no-console -- the log is where an operator looks first
  console.error(`[trpc-userdo] ${error.message}`);
  return { code: "INTERNAL_SERVER_ERROR", message: error.message };
}
