import type { AnyTRPCRouter, inferRouterOutputs } from "@trpc/server";
import type { ListedSession, User } from "../../shared/account.js";
import { stubOf, type ObjectNamespace } from "../../shared/object-stub.js";
import { readNamespace } from "../configuration.js";
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
  /** The name, in this Worker's settings, of the binding to the app's Durable Objects. */
  readonly binding: string;
  /**
   * The name of that binding in the app's own Worker, where it is another. Only needed with the app's secrets.
   * @default the same as `binding`
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

/** What the app keeps for each session, by its router. */
type SessionDataOf<TRouter extends AnyTRPCRouter> =
  inferRouterOutputs<TRouter> extends { readonly sessions: { readonly data: { readonly get: infer TData } } }
    ? NonNullable<TData>
    : Record<string, unknown>;

/** The app's own user, as `auth.me` returns it: with its profile and fields, if the app has any. */
type SessionUserOf<TRouter extends AnyTRPCRouter> =
  inferRouterOutputs<TRouter> extends { readonly auth: { readonly me: { readonly user: infer TUser extends User } } }
    ? TUser
    : User;

/** Who sent a request, and what the app keeps for that sign-in. */
export interface LoadedSession<TData, TUser extends User = User> {
  readonly user: TUser;
  readonly session: ListedSession;
  /** `sessions.data`, as it was stored; `undefined` when nothing was set. */
  readonly data: TData | undefined;
}

/** `null` is nobody: no token, a malformed or forged one, or a session that is over. */
export type LoadSession<TData, TUser extends User = User> = (
  request: Request,
  env: object,
) => Promise<LoadedSession<TData, TUser> | null>;

/**
 * Makes `loadSession(request, env)`: who sent a request, by its cookies or its Bearer token, for any Worker with a
 * binding to the app's Durable Objects. It is one call to the user's own object, which alone knows whether the session
 * is alive. It renews nothing and creates nothing.
 *
 * With the app's `JWT_SECRET` in the environment, a forged token is turned away without that call. Without it, the
 * user's object checks the token; a made-up one wakes an object that is empty, and stays so.
 *
 * @throws Error when an option is misspelt or can never take effect
 */
export function createLoadSession<TRouter extends AnyTRPCRouter>(
  options: LoadSessionOptions,
): LoadSession<SessionDataOf<TRouter>, SessionUserOf<TRouter>> {
  checkOptionNames("createLoadSession", options, { binding: true, audience: true, cookiePrefix: true, cookies: true });
  const { binding, audience = binding, cookiePrefix, cookies = {} } = options;
  checkBindingName("binding", binding);
  checkBindingName("audience", audience);
  checkCookiePrefix(cookiePrefix);
  checkCookieOptions(cookies);
  const named = { ...cookies, prefix: cookiePrefix };
  return async (request, env) => {
    const namespace: ObjectNamespace = readNamespace(env, binding);
    const found = await findToken(request, named, createRoutingVerifier(env, audience));
    if (!found) return null;
    const { token, userId } = found;
    const loaded = await stubOf(namespace, { type: "user", id: userId }).internal({ op: "loadSession", token });
    return loaded as LoadedSession<SessionDataOf<TRouter>, SessionUserOf<TRouter>> | null;
  };
}

/** The token to ask with, and the user whom it names. */
interface FoundToken {
  readonly token: string;
  readonly userId: string;
}

async function findToken(
  { headers, url }: Request,
  named: Omit<CookiesOptions, "url">,
  verifier: TokenVerifier,
): Promise<FoundToken | undefined> {
  const names = cookieNames({ ...named, url: new URL(url) });
  const credentials = credentialsOf(headers, names);
  const { bearer: token } = credentials;
  if (token !== undefined) {
    const claims = (await verifier.access(token)) ?? (await verifier.refresh(token));
    return claims && { token, userId: claims.userId };
  }
  const cookies = createCookies({ ...named, url: new URL(url) });
  const sent = { ...cookies.read(credentials.cookies), records: cookies.readRecords(credentials.cookies) };
  const session = await findBrowserSession(sent, verifier);
  return session.access ?? session.refresh();
}

/** Reads the credentials. Ambiguous or malformed ones count as none. */
function credentialsOf(headers: Headers, names: CookieNames): Credentials {
  try {
    return readCredentials(headers, names.has);
  } catch (error) {
    if (error instanceof GateRefusal) return { cookies: {} };
    throw error;
  }
}
