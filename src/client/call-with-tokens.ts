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

/** The key in an operation's context for the tokens that the operation was sent with. */
const SENT = "userdo.tokens";

/**
 * Returns the headers that authenticate a request, and adds the tokens to the context of each of its calls. All calls must
 * have started in `session`.
 *
 * @throws TRPCClientError UNAUTHORIZED when the session has ended
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

/** Receives the result of a call. The error may be of any class. */
export interface CallObserver {
  next(value: Value): void;
  complete(): void;
  error(cause: unknown): void;
}

/**
 * Sends a call with tokens that the client stores itself. A call that signs in requests them in the body of its response. A
 * call that the server rejected only because of its token is sent once more. Returns the function that ends the call.
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
    // The session has already ended on the server, so the client deletes its tokens.
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
          // A failed refresh does not mean that the session has ended, but the UNAUTHORIZED error of the call would suggest it.
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

/**
 * Whether the server rejected the token. The header distinguishes this from an UNAUTHORIZED error that the app threw, which
 * is not sent again.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
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
