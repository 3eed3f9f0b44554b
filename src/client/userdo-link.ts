import {
  httpBatchLink,
  type HTTPBatchLinkOptions,
  type HTTPHeaders,
  type TRPCLink,
  type OperationLink,
} from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { USER_HEADER } from "../shared/user-header.js";
import { clientLimits } from "../shared/client-limits.js";
import { callOver } from "./call-over-http.js";
import { createClientSessions, sessionCallOf, type ClientSession } from "./client-sessions.js";
import { explainFailure } from "./explain-failure.js";
import { createClientState, type ClientState } from "./client-state.js";
import { createKey, KeyedInput } from "./keyed-input.js";
import { joinOtherTabs, type SignInChange } from "./other-tabs.js";
import { createSessionWatch } from "./session-watch.js";
import type { RetryListener } from "./retry-status.js";
import type { SignInListener } from "./sign-in-events.js";
import type { SocketClass } from "./socket-class.js";
import { createSocketLinks } from "./socket-links.js";
import type { TokenStore } from "./token-keeper.js";
import { createTokenLoader } from "./token-loader.js";
import { watchedOperation } from "./watch-query.js";
import { fetchSignInStatus, withSessionWatch } from "./with-session-watch.js";
import { withRetries } from "./with-retries.js";
import { callTransformer, withWriteAcks } from "./with-write-acks.js";

type Fetch = NonNullable<HTTPBatchLinkOptions<{ transformer: true; errorShape: never }>["fetch"]>;

export interface UserDOLinkOptions {
  /**
   * The URL of the tRPC endpoint, absolute or relative to the page.
   * @default "/trpc"
   */
  readonly url?: string;
  /**
   * The URL for sockets, if it differs from `url`: for example with two ports in development.
   * @default the same as `url`
   */
  readonly websocketUrl?: string;
  /**
   * Sends the requests. For platforms without a global fetch, or for tests.
   * @default the global fetch
   */
  readonly fetch?: Fetch;
  /**
   * Headers for each request over HTTP, and for sockets of a class that takes headers: Node's own, Bun's, React Native's and
   * that of `ws`. A browser's takes none.
   * @default none
   */
  readonly headers?: HTTPHeaders | (() => HTTPHeaders | Promise<HTTPHeaders>);
  /**
   * `"include"` sends the server's cookies from a page of another origin, such as `https://app.example.com`. The server must
   * list that origin in its `allowedOrigins`.
   * @default "same-origin"
   */
  readonly credentials?: "include" | "omit" | "same-origin";
  /**
   * Stores the session's tokens, which the client sends in place of a browser's cookies. For phones, desktops, scripts and
   * servers. Concurrent calls share one refresh. A socket sends its token in a header. If its class takes no headers, as in a
   * browser, it sends a ticket that is fetched over HTTP and works once.
   * @default the browser's cookies
   */
  readonly tokens?: TokenStore;
  /**
   * The WebSocket class, for a platform without a global one: for example that of the package `ws`.
   * @default the global WebSocket
   */
  readonly WebSocket?: SocketClass;
  /**
   * Called when a user signs in or out: by a call of this client, in another tab, or because the session ended.
   * @default not called
   */
  readonly onSignInChange?: SignInListener;
  /**
   * How long a mutation's promise waits for this client's own live queries to show its writes, in seconds, at most 60.
   * `Infinity`: until they do.
   * @default 2
   */
  readonly liveTimeout?: number;
  /**
   * Called with a mutation's path when this client's own live queries did not show its writes within `liveTimeout`. The
   * mutation still resolves.
   * @default not called
   */
  readonly onLiveTimeout?: (path: string) => void;
  /**
   * How often live queries are polled over HTTP while the socket does not work, in seconds: at least 0.1, at most 60. This
   * client's own writes are still shown at once. `false`: writes of other clients are shown when the socket works again.
   * @default 5
   */
  readonly pollInterval?: number | false;
  /**
   * How often a call is sent again after a temporary error: a lost connection, an object that restarts or is overloaded, and the
   * statuses 502, 503 and 504. An object runs a mutation once, however often it arrives. The Worker refuses to run a mutation of
   * `t.procedure` again, unless it is marked with `t.repeatable`. `0`: never.
   * @default 4
   */
  readonly retries?: number;
  /**
   * Called when a call is sent again, and when such a call has ended.
   * @default not called
   */
  readonly onRetryStatus?: RetryListener;
}

/**
 * Creates the terminating link for an app's own `createTRPCClient`. Queries and mutations go over HTTP, in batches;
 * subscriptions over the socket of their owner. The link includes the transformer.
 *
 * @throws Error if `liveTimeout` or `pollInterval` is more than 60 seconds
 * @example
 * ```ts
 * const trpc = createTRPCClient<AppRouter>({ links: [loggerLink(), userdoLink({ url: "/trpc" })] });
 * ```
 * @see https://trpc.io/docs/client/links
 */
export function userdoLink<TRouter extends AnyTRPCRouter>(options: UserDOLinkOptions = {}): TRPCLink<TRouter> {
  return linkWith<TRouter>(options, createClientState(options));
}

/** Creates the link with state that other functions find by the client. */
export function linkWith<TRouter extends AnyTRPCRouter>(
  options: UserDOLinkOptions,
  state: ClientState,
): TRPCLink<TRouter> {
  const {
    url = "/trpc",
    websocketUrl = url,
    headers,
    credentials,
    tokens: store,
    onSignInChange,
    liveTimeout = 0,
    onLiveTimeout,
  } = options;
  const { acks, signIn } = state;
  if ((liveTimeout > 60 && liveTimeout < Infinity) || Number(options.pollInterval) > 60)
    throw new Error("`liveTimeout` or `pollInterval` is above 60 seconds.");
  // The global fetch is read for each call, because an app may replace it.
  const fetch: Fetch = explainFailure((input, init) =>
    (options.fetch ?? globalThis.fetch)(
      input as string,
      { ...init, ...(credentials && { credentials }) } as RequestInit,
    ),
  );

  const ownHeaders = async () => toRecord(typeof headers === "function" ? await headers() : headers);

  const link: TRPCLink<AnyTRPCRouter> = (runtime) => {
    const sessions = createClientSessions({
      onOtherUser: () => onChangeElsewhere("signedIn"),
      onUser: (user) => tabs?.send({ user }),
    });
    const apply: SignInListener = (change, user) => {
      watch.changed(change);
      sockets.restart();
      onSignInChange?.(change, user);
      signIn.emit(change, user);
    };
    const onChangeElsewhere = (change: SignInChange): void => {
      sessions.changedElsewhere(change);
      apply(change);
    };
    const tabs = joinOtherTabs(url, {
      // The other tab may use another token store. Only reading this one shows whether its user changed.
      onChange: (change) =>
        tokenLoader ? void tokenLoader.loaded()?.check(sessions.current()) : onChangeElsewhere(change),
      // The message may be outdated, so ask the server.
      onUser(user) {
        const known = sessions.current().user;
        if (known && known !== user) watch.check(true);
      },
    });
    const changed: SignInListener = (change, user) => {
      apply(change, user);
      tabs?.send(change);
    };
    const onEnd = (): void => {
      sessions.ended();
      changed("signedOut");
    };
    const tokenLoader =
      store &&
      createTokenLoader({
        store,
        sessions,
        url,
        fetch: fetch as typeof globalThis.fetch,
        headers: ownHeaders,
        onEnd,
        onChangeElsewhere,
      });
    const watch = createSessionWatch({
      ask: () => fetchSignInStatus(http),
      onEnd(wasSignedIn) {
        if (!wasSignedIn && !store) return sockets.restart();
        // Loaded, because a response ended the session. end() queues its write before a later sign-in can store tokens.
        const tokens = tokenLoader?.loaded();
        if (tokens) void tokens.end(sessions.current());
        else onEnd();
        return undefined;
      },
    });
    Object.assign(state, { tabs, sessions, watch });
    const sockets = createSocketLinks({
      ...options,
      url: websocketUrl,
      headers: ownHeaders,
      tokenLoader,
      sessions,
      runtime,
      watch,
      call: (op) => callOver(calls)(op),
      acks,
    });
    const batches = createSessionBatches((session) =>
      httpBatchLink<AnyTRPCRouter>({
        url,
        transformer: callTransformer,
        maxItems: clientLimits.batchCalls,
        // The server's limit, less a margin for the origin of a relative URL.
        maxURLLength: clientLimits.urlLength - 1_024,
        fetch,
        headers: async ({ opList }) => {
          const own = await ownHeaders();
          const tokens = await tokenLoader?.load();
          const namesUser =
            !store && opList.every((op) => op.type === "mutation" && sessionCallOf(op).change !== "signedIn");
          return {
            ...own,
            ...(namesUser && session.user && { [USER_HEADER]: session.user }),
            ...(await tokens?.authorization(session, opList)),
          };
        },
      })(runtime),
    );
    // Outside of the comparison: a call is only sent again as the user that the first response named.
    const retried = withRetries(tokenLoader ? batches : sessions.compareUsers(batches), state);
    const replies = withWriteAcks(retried, { acks, onLiveTimeout });
    const sent = tokenLoader ? tokenLoader.link(replies) : replies;
    const http = sessions.link(sent);
    const calls = sessions.link(withSessionWatch(sent, { watch, sessions, onChange: changed }));

    return (chain) =>
      chain.op.type === "subscription" ? sockets.link({ ...chain, op: watchedOperation(chain.op) }) : calls(chain);
  };
  return link as TRPCLink<TRouter>;
}

/**
 * Returns headers as one object with lower-case names. Fetch would join the values of two spellings, and the server would
 * reject `application/json, application/json` and `Basic …, Bearer …`.
 */
function toRecord(headers: HTTPHeaders = {}): Record<string, string | string[] | undefined> {
  const entries = Symbol.iterator in headers ? (headers as Iterable<[string, string]>) : Object.entries(headers);
  return Object.fromEntries(Array.from(entries, ([name, value]) => [name.toLowerCase(), value]));
}

type Link = OperationLink<AnyTRPCRouter>;

/**
 * Batches only calls of the same session, so that no call is sent with the credentials of another session. A call that signs
 * in or out is sent alone: it ends the other calls, which would abort a request that they share.
 */
function createSessionBatches(create: (session: ClientSession) => Link): Link {
  const links = new WeakMap<ClientSession, Link>();
  return (chain) => {
    const { op } = chain;
    const call = sessionCallOf(op);
    const { change, session } = call;
    const link = (!change && links.get(session)) || create(session);
    if (!change) links.set(session, link);
    if (op.type !== "mutation" || !call.canRetry) return link(chain);
    const attempt = (call.attempt ??= { idempotencyKey: op.context["idempotencyKey"] ?? createKey() });
    return link({ ...chain, op: { ...op, input: new KeyedInput(op.input, attempt) } });
  };
}
