import type { AnyTRPCRouter, inferRouterOutputs } from "@trpc/server";
import type { ListedSession, User } from "../../shared/account.js";
import { toObjectError } from "../to-object-error.js";
import { sendInternalRead } from "../../shared/send-internal.js";
import { readBinding } from "../configuration.js";
import { checkOptionNames } from "../../shared/check-options.js";
import { checkBindingName } from "../check-handler-options.js";
import { checkCookiePrefix } from "../check-names.js";
import { cookieNames, type CookieNames } from "../cookies/cookie-names.js";
import { checkCookieOptions, type CookieOptions } from "../cookies/cookie-options.js";
import { createCookies, type CookiesOptions } from "../cookies/create-cookies.js";
import { findBrowserSession } from "../cookies/find-browser-session.js";
import type { Credentials } from "../gate/gate-result.js";
import { readCredentials } from "../gate/read-credentials.js";
import { GateRefusal } from "../gate/refusal.js";
import { createRoutingVerifier, type TokenVerifier } from "./token-verifier.js";

export interface LoadSessionOptions {
  /**
   * The name of the binding to the app's Durable Objects in this Worker's settings.
   * @default the only Durable Object class that this Worker exports
   */
  readonly binding?: string;
  /**
   * The name of that binding in the app's own Worker, if it is different there, or the name of the class if the app's Worker has
   * no binding. Only used with the app's secrets.
   * @default `binding`
   */
  readonly audience?: string;
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
}

/** The type of the app's `sessions.data`. */
type SessionDataOf<TRouter extends AnyTRPCRouter> =
  inferRouterOutputs<TRouter> extends { readonly sessions: { readonly data: { readonly get: infer TData } } }
    ? NonNullable<TData>
    : Record<string, unknown>;

/** The type of the user that the app's `auth.me` returns, with its profile and fields. */
type SessionUserOf<TRouter extends AnyTRPCRouter> =
  inferRouterOutputs<TRouter> extends { readonly auth: { readonly me: { readonly user: infer TUser extends User } } }
    ? TUser
    : User;

/** The user and the session that a request belongs to. */
export interface LoadedSession<TData, TUser extends User = User> {
  readonly user: TUser;
  readonly session: ListedSession;
  /** The stored `sessions.data`; `undefined` if nothing was set. */
  readonly data: TData | undefined;
}

/** Loads the session of a request; `null` without a token, with a malformed or forged token, or after the session has ended. */
export type LoadSession<TData, TUser extends User = User> = (
  request: Request,
  env: object,
) => Promise<LoadedSession<TData, TUser> | null>;

/**
 * Creates a function that loads the session of a request by its cookies or its Bearer token, in any Worker with a binding to
 * the app's Durable Objects. Each load is one RPC to the user's object. It does not renew the session.
 *
 * With the app's `JWT_SECRET` in the environment, a forged token is rejected without an RPC. Without it, the user's object
 * verifies the token; a forged token starts an empty object, which stores nothing.
 *
 * @example
 * ```ts
 * const loadSession = createLoadSession<AppRouter>({ binding: "BLOG_DO" });
 * const loaded = await loadSession(request, env);
 * if (!loaded) return Response.redirect(new URL("/login", request.url).href);
 * ```
 * @throws Error if an option is misspelt or never takes effect
 * @throws ConfigurationError from the created function, if the binding or `JWT_SECRET` is not valid
 * @throws TRPCError from the created function: SERVICE_UNAVAILABLE (OBJECT_RESET) if the user's object was reset twice,
 * TOO_MANY_REQUESTS (OBJECT_OVERLOADED) if it has too much to do
 */
export function createLoadSession<TRouter extends AnyTRPCRouter>(
  options: LoadSessionOptions = {},
): LoadSession<SessionDataOf<TRouter>, SessionUserOf<TRouter>> {
  checkOptionNames("createLoadSession", options, { binding: true, audience: true, cookiePrefix: true, cookies: true });
  const { binding, audience, cookiePrefix, cookies = {} } = options;
  for (const [option, name] of Object.entries({ binding, audience })) {
    if (name !== undefined) checkBindingName(option, name);
  }
  checkCookiePrefix(cookiePrefix);
  checkCookieOptions(cookies);
  const cookieOptions = { ...cookies, prefix: cookiePrefix };
  return async (request, env) => {
    const app = readBinding(env, binding);
    // Only objects of users are called, and their ids have the jurisdiction.
    const namespace = { objects: app.namespace, appJurisdiction: undefined };
    const found = await findToken(request, cookieOptions, createRoutingVerifier(env, audience ?? app.binding));
    if (!found) return null;
    const { token, userId } = found;
    try {
      const loaded = await sendInternalRead(namespace, { type: "user", id: userId }, { op: "loadSession", token });
      if (!loaded.ok) return null;
      return loaded.value as LoadedSession<SessionDataOf<TRouter>, SessionUserOf<TRouter>>;
    } catch (cause) {
      throw toObjectError(cause);
    }
  };
}

/** The token of a request, and the user that it belongs to. */
interface FoundToken {
  readonly token: string;
  readonly userId: string;
}

async function findToken(
  { headers, url }: Request,
  cookieOptions: Omit<CookiesOptions, "url">,
  verifier: TokenVerifier,
): Promise<FoundToken | undefined> {
  const names = cookieNames({ ...cookieOptions, url: new URL(url) });
  const credentials = credentialsOf(headers, names);
  const { bearer: token } = credentials;
  if (token !== undefined) {
    const claims = (await verifier.access(token)) ?? (await verifier.refresh(token));
    return claims && { token, userId: claims.userId };
  }
  const cookies = createCookies({ ...cookieOptions, url: new URL(url) });
  const sent = { ...cookies.read(credentials.cookies), records: cookies.readRecords(credentials.cookies) };
  const session = await findBrowserSession(sent, verifier);
  return session.access ?? session.refresh();
}

/** Reads the credentials. Ambiguous or malformed credentials count as missing. */
export function credentialsOf(headers: Headers, names: CookieNames): Credentials {
  try {
    return readCredentials(headers, names.has);
  } catch (error) {
    if (error instanceof GateRefusal) return { cookies: {} };
    throw error;
  }
}
