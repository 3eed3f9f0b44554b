import { httpBatchLink, type HTTPBatchLinkOptions, type HTTPHeaders, type TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { tap } from "@trpc/server/observable";
import superjson from "superjson";
import { limits } from "../shared/limits.js";
import { signInChangeOf, type SignInChange } from "./sign-in-events.js";
import { createSocketLinks } from "./socket-links.js";

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
   * Headers for each request over HTTP.
   * @default none
   */
  readonly headers?: HTTPHeaders | (() => HTTPHeaders | Promise<HTTPHeaders>);
  /**
   * The socket class. For Node, where a socket that is to carry cookies needs one that sends headers.
   * @default the global WebSocket
   */
  readonly WebSocket?: typeof WebSocket;
  /**
   * Called when a call of this client signed somebody in or out.
   * @default nobody is told
   */
  readonly onSignInChange?: (change: SignInChange) => void;
}

/**
 * The terminating link for an app's own `createTRPCClient`: queries and mutations over HTTP, in batches;
 * subscriptions over the socket of the owner they belong to. It brings the transformer with it.
 */
export function userdoLink<TRouter extends AnyTRPCRouter>(options: UserDOLinkOptions = {}): TRPCLink<TRouter> {
  const { url = "/trpc", websocketUrl = url, onSignInChange } = options;
  const link: TRPCLink<AnyTRPCRouter> = (runtime) => {
    const sockets = createSocketLinks({ url: websocketUrl, WebSocket: options.WebSocket, runtime });
    const http = httpBatchLink<AnyTRPCRouter>({
      url,
      transformer: superjson,
      maxItems: limits.batchCalls,
      // What the server takes, with room for the page's own address in front of a relative URL.
      maxURLLength: limits.urlLength - 1_024,
      ...(options.fetch && { fetch: options.fetch }),
      ...(options.headers && { headers: options.headers }),
    })(runtime);

    return (chain) => {
      const { op } = chain;
      if (op.type === "subscription") return sockets.linkFor(op)(chain);
      const change = op.type === "mutation" ? signInChangeOf(op.path) : undefined;
      if (!change) return http(chain);
      return http(chain).pipe(
        tap({
          complete() {
            // A socket keeps the caller it was opened by.
            sockets.closeAll();
            onSignInChange?.(change);
          },
        }),
      );
    };
  };
  return link as TRPCLink<TRouter>;
}
