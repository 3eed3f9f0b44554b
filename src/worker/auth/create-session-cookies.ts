import { readSigningSecrets } from "../../shared/app-secrets.js";
import type { SessionTokens } from "../../shared/call.js";
import { checkOptionNames } from "../../shared/check-options.js";
import type { Device } from "../../shared/device.js";
import { checkBindingName } from "../check-handler-options.js";
import { checkCookiePrefix } from "../check-names.js";
import { checkCookieOptions, type CookieOptions } from "../cookies/cookie-options.js";
import { createCookiesAt } from "../cookies/create-cookies-at.js";
import { findBrowserSession, type SentCookies } from "../cookies/find-browser-session.js";
import { writeSessionCookies } from "../cookies/write-session-cookies.js";
import { deviceOf, requestIdOf } from "../request/device-of.js";
import { credentialsOf } from "./create-load-session.js";
import { createRoutingVerifier } from "./token-verifier.js";

export interface SessionCookiesOptions {
  /** The name of the binding to the app's Durable Objects in the app's own Worker. */
  readonly binding: string;
  /**
   * The app's `cookiePrefix`.
   * @default "userdo"
   */
  readonly cookiePrefix?: string;
  /**
   * The app's `cookies`.
   * @default { sameSite: "lax", partitioned: false }
   */
  readonly cookies?: CookieOptions;
  /**
   * The app's `clientAddressHeader`.
   * @default "CF-Connecting-IP"
   */
  readonly clientAddressHeader?: string;
}

/** Signs browsers in with the tokens of `admin.users.createSession`. */
export interface SessionCookiesOfApp {
  /** Describes the client of a request, for the list of sessions and the audit log. */
  device(request: Request): Device;
  /**
   * Returns the values of `Set-Cookie` that sign the browser of the request in. They replace the cookies of an earlier session.
   * @throws ConfigurationError without a valid `JWT_SECRET`
   */
  set(request: Request, env: object, tokens: SessionTokens): Promise<readonly string[]>;
}

/**
 * Creates the functions with which a Worker signs a browser in after a check of its own, such as a sign-in with another service.
 * The Worker needs the app's `JWT_SECRET`, and has to be on the host of the endpoint, because the cookies are valid there.
 *
 * @example
 * ```ts
 * const sessionCookies = createSessionCookies({ binding: "BLOG_DO" });
 *
 * const caller = createCaller<AppRouter>(env.BLOG_DO).asSystem();
 * const device = sessionCookies.device(request);
 * const { tokens } = await caller.admin.users.createSession({ userId, device });
 * const headers = new Headers({ Location: "/" });
 * for (const cookie of await sessionCookies.set(request, env, tokens)) headers.append("Set-Cookie", cookie);
 * return new Response(null, { status: 303, headers });
 * ```
 * @throws Error if an option is misspelt or never takes effect
 */
export function createSessionCookies(options: SessionCookiesOptions): SessionCookiesOfApp {
  const names = { binding: true, cookiePrefix: true, cookies: true, clientAddressHeader: true } as const;
  checkOptionNames("createSessionCookies", options, names);
  const { binding, cookiePrefix, cookies: cookieOptions = {}, clientAddressHeader = "CF-Connecting-IP" } = options;
  checkBindingName("binding", binding);
  checkCookiePrefix(cookiePrefix);
  checkCookieOptions(cookieOptions);
  const cookiesAt = createCookiesAt({ ...cookieOptions, prefix: cookiePrefix });

  function readSent({ headers, url }: Request): SentCookies {
    const cookies = cookiesAt(new URL(url));
    return cookies.readSent(credentialsOf(headers, cookies.names).cookies);
  }

  return {
    device(request) {
      const { headers } = request;
      const token = readSent(request).device;
      return deviceOf(headers, { requestId: requestIdOf(headers), token, addressHeader: clientAddressHeader });
    },

    async set(request, env, tokens) {
      const configuration = { binding, secrets: { jwt: readSigningSecrets(env) } };
      const verifier = createRoutingVerifier(env, binding);
      const sent = readSent(request);
      const session = await findBrowserSession(sent, verifier);
      const cookies = cookiesAt(new URL(request.url));
      return writeSessionCookies(tokens, { cookies, sent, session, verifier, configuration });
    },
  };
}
