import { httpBatchLink, type HTTPBatchLinkOptions, type HTTPHeaders, type TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { USER_HEADER } from "../shared/session-user.js";
import { requestLimits } from "../shared/request-limits.js";
import { callOver } from "./call-over-http.js";
import { createClientSessions, sessionCallOf } from "./client-sessions.js";
import { createSessionBatches } from "./session-batches.js";
import { explainFailure } from "./explain-failure.js";
import { createWriteAcks, type WriteAcks } from "./write-acks.js";
import { joinOtherTabs } from "./other-tabs.js";
import { createSessionWatch } from "./session-watch.js";
import { createSignInEvents, type SignInEvents, type SignInListener } from "./sign-in-events.js";
import type { SignInChange } from "./other-tabs.js";
import type { SocketClass } from "./socket-class.js";
import { createSocketLinks } from "./socket-links.js";
import type { TokenStore } from "./token-keeper.js";
import { createTokenLoader } from "./token-loader.js";
import { watchedOperation } from "./watch-query.js";
import { askWho, withSessionWatch } from "./with-session-watch.js";
import { replyTransformer, withWriteAcks } from "./with-write-acks.js";

type Fetch = NonNullable<HTTPBatchLinkOptions<{ transformer: true; errorShape: never }>["fetch"]>;

export interface UserDOLinkOptions {
  /**
   * Where tRPC answers, absolute or relative to the page.
   * @default "/trpc"
   */
  readonly url?: string;
  /**
   * Where sockets are opened, when that is elsewhere: in development on two ports, for instance.
   * @default the same as `url`
   */
  readonly websocketUrl?: string;
  /**
   * Makes the requests. For Node, or for tests.
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
   * `"include"` lets a page of another origin, such as `https://app.example.com`, call with the cookies that the
   * server set. The server has to name that origin in its `allowedOrigins`.
   * @default "same-origin"
   */
  readonly credentials?: "include" | "omit" | "same-origin";
  /**
   * Keeps the session's tokens here and sends them along, in place of a browser's cookies. For phones, desktops,
   * scripts and servers. They are refreshed in time, once for however many calls. A socket sends its token in a header or,
   * if its class takes no headers, as a browser's, a ticket that is fetched over HTTP and works once.
   * @default the browser's cookies
   */
  readonly tokens?: TokenStore;
  /**
   * The socket class, for a platform without one: that of the package `ws`, for instance.
   * @default the global WebSocket
   */
  readonly WebSocket?: SocketClass;
  /**
   * Called when somebody signed in or out: by a call of this client, in another tab, or because the session ended.
   * @default not called
   */
  readonly onSignInChange?: SignInListener;
  /**
   * How long a mutation's promise waits for this client's own live queries to show its writes, in milliseconds. `Infinity`: until
   * they do.
   * @default 2000
   */
  readonly liveTimeout?: number;
  /**
   * Called with a mutation's path when this client's own live queries did not show its writes in time, neither over the
   * socket nor over HTTP. The mutation resolves all the same.
   * @default not called
   */
  readonly onLiveTimeout?: (path: string) => void;
  /**
   * How often live queries are read over HTTP while the socket does not work, in milliseconds, at least 100. This client's
   * own writes are shown at once all the same. `false`: others' writes are shown when the socket works again.
   * @default 5000
   */
  readonly pollInterval?: number | false;
}

const POLL_INTERVAL = 5_000;

/**
 * The terminating link for an app's own `createTRPCClient`: queries and mutations over HTTP, in batches;
 * subscriptions over the socket of the owner they belong to. It brings the transformer with it.
 */
export function userdoLink<TRouter extends AnyTRPCRouter>(options: UserDOLinkOptions = {}): TRPCLink<TRouter> {
  return linkWith<TRouter>(options);
}

/** The same, for a client that uses the flushes and the sign-in events itself. */
export function linkWith<TRouter extends AnyTRPCRouter>(
  options: UserDOLinkOptions,
  flushes: WriteAcks = createWriteAcks(options.liveTimeout),
  signIn: SignInEvents = createSignInEvents(),
): TRPCLink<TRouter> {
  const {
    url = "/trpc",
    websocketUrl = url,
    headers,
    credentials,
    tokens: store,
    onSignInChange,
    onLiveTimeout,
  } = options;
  const { pollInterval = POLL_INTERVAL } = options;
  // Looked up at each call, as a plain call would.
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
      onUser: (user) => tabs?.tell({ user }),
    });
    const apply: SignInListener = (change, user) => {
      watch.changed(change);
      sockets.startAgain();
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
        if (known && known !== user) watch.suspect(true);
      },
    });
    signIn.tabs = tabs;
    const changed: SignInListener = (change, user) => {
      apply(change, user);
      tabs?.tell(change);
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
      ask: () => askWho(http),
      onEnd(wasSignedIn) {
        if (!wasSignedIn && !store) return sockets.startAgain();
        // Loaded, because a reply ended the session. end() queues its write before a later sign-in can store tokens.
        const tokens = tokenLoader?.loaded();
        if (tokens) void tokens.end(sessions.current());
        else onEnd();
        return undefined;
      },
    });
    const sockets = createSocketLinks({
      url: websocketUrl,
      interval: pollInterval,
      WebSocket: options.WebSocket,
      headers: ownHeaders,
      tokenLoader,
      sessions,
      runtime,
      watch,
      call: (op) => callOver(calls)(op),
      flushes,
    });
    const batches = createSessionBatches((session) =>
      httpBatchLink<AnyTRPCRouter>({
        url,
        transformer: replyTransformer,
        maxItems: requestLimits.batchCalls,
        // What the server takes, with room for the page's own address in front of a relative URL.
        maxURLLength: requestLimits.urlLength - 1_024,
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
    const replies = withWriteAcks(tokenLoader ? batches : sessions.compareUsers(batches), {
      flushes,
      onLiveTimeout,
    });
    const sent = tokenLoader ? tokenLoader.link(replies) : replies;
    const http = sessions.link(sent);
    const calls = sessions.link(withSessionWatch(sent, { watch, sessions, onChange: changed }));

    return (chain) =>
      chain.op.type === "subscription" ? sockets.link({ ...chain, op: watchedOperation(chain.op) }) : calls(chain);
  };
  return link as TRPCLink<TRouter>;
}

/**
 * As one object, which more can be added to. Its names are in lower case: fetch would join the values of two spellings, and
 * the server would read neither `application/json, application/json` nor `Basic …, Bearer …`.
 */
function toRecord(headers: HTTPHeaders = {}): Record<string, string | string[] | undefined> {
  const entries = Symbol.iterator in headers ? (headers as Iterable<[string, string]>) : Object.entries(headers);
  return Object.fromEntries(Array.from(entries, ([name, value]) => [name.toLowerCase(), value]));
}
