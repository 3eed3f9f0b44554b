import type { Operation, OperationLink, TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { inferObservableValue, Unsubscribable } from "@trpc/server/observable";
import type { SessionTokens } from "../shared/call.js";
import type { ClientSession, ClientSessions } from "./client-sessions.js";
import type { TokenKeeper } from "./token-keeper.js";

type Link = OperationLink<AnyTRPCRouter>;
type Value = inferObservableValue<ReturnType<Link>>;

export interface WithTokensOptions {
  readonly keeper: TokenKeeper;
  readonly sessions: ClientSessions;
}

/** The key in an operation's context under which it has the tokens that it was sent with. */
const SENT = "userdo.tokens";

/**
 * Returns the headers that authenticate a request. Its calls all started in `session`, and each gets the tokens in its
 * context.
 *
 * @throws TRPCClientError UNAUTHORIZED when the session is over
 */
export async function authorization(
  { keeper, sessions }: WithTokensOptions,
  session: ClientSession,
  calls: readonly Operation[],
): Promise<Record<string, string>> {
  // A sign-in is sent without the tokens of the session that it replaces.
  if (calls.every((op) => sessions.callOf(op).change === "signedIn")) return {};
  const tokens = await keeper.fresh(session);
  for (const { context } of calls) context[SENT] = tokens;
  return tokens ? { authorization: `Bearer ${tokens.accessToken}` } : {};
}

/** Where the result of a call goes. The error may be of any class. */
export interface CallObserver {
  next(value: Value): void;
  complete(): void;
  error(cause: unknown): void;
}

/**
 * Makes a call with tokens that the client keeps itself. A call that signs in requests them in the body of its reply. A
 * call that the server refused only because of its token is repeated once. Returns the function that ends the call.
 */
export function callWithTokens(
  link: Link,
  chain: Parameters<Link>[0],
  { keeper, sessions, observer }: WithTokensOptions & { readonly observer: CallObserver },
): () => void {
  const call = sessions.callOf(chain.op);
  const op: Operation = call.givesTokens
    ? { ...chain.op, input: { ...(chain.op.input as object), tokens: "body" } }
    : chain.op;
  let isEnded = false;
  let running: Unsubscribable = { unsubscribe() {} };

  const keep = (tokens: SessionTokens | undefined, onStored: () => void): void => {
    keeper.keep(call, tokens, { isEnded: () => isEnded, onStored }).catch((cause: unknown) => observer.error(cause));
  };

  const fail = (error: TRPCClientError<AnyTRPCRouter>): void => {
    // The server has no session to end, so the client's tokens are useless.
    const isSignOut = call.change === "signedOut" && op.path.startsWith("auth.");
    if (isSignOut && isUnauthorized(error) && !sessions.isChangedError(error)) {
      keep(undefined, () => observer.error(error));
    } else observer.error(error);
  };

  const run = (again: boolean): void => {
    let last: Value | undefined;
    running = link({ ...chain, op }).subscribe({
      next: (value) => void (last = value),
      complete() {
        const pass = (): void => {
          if (last) observer.next(last);
          observer.complete();
        };
        if (call.givesTokens || call.change) keep(call.givesTokens ? tokensIn(last) : undefined, pass);
        else pass();
      },
      error(error) {
        if (again || !isForItsToken(error)) return fail(error);
        keeper.renew(call.session, op.context[SENT] as SessionTokens | undefined).then(
          (renewed) => {
            if (isEnded) return;
            if (renewed) run(true);
            else fail(error);
          },
          // A failed refresh does not show that the session is over, but the refusal would say so.
          (cause: unknown) => observer.error(cause),
        );
      },
    });
  };

  run(false);
  return () => {
    isEnded = true;
    running.unsubscribe();
  };
}

/** The server says so in a header (RFC 6750): an UNAUTHORIZED of the app's own is not to be tried again. */
function isForItsToken({ meta }: TRPCClientError<AnyTRPCRouter>): boolean {
  // Not every platform's fetch returns an instance of the global Response.
  const response = meta?.["response"] as { headers?: { get?(name: string): string | null } } | undefined;
  return response?.headers?.get?.("www-authenticate")?.includes("invalid_token") ?? false;
}

function isUnauthorized({ data }: TRPCClientError<AnyTRPCRouter>): boolean {
  return (data as { readonly code?: unknown } | undefined)?.code === "UNAUTHORIZED";
}

function tokensIn(value: unknown): SessionTokens | undefined {
  return (value as { result?: { data?: { tokens?: SessionTokens } } } | undefined)?.result?.data?.tokens;
}
