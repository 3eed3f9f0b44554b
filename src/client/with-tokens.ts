import { TRPCClientError, type Operation, type OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";
import type { SessionTokens } from "../shared/call.js";
import { isSessionChangedError, sessionCallOf, type ClientSession, type ClientSessions } from "./client-sessions.js";
import { givesTokens, signInChangeOf } from "./sign-in-events.js";
import type { TokenKeeper } from "./token-keeper.js";

type Link = OperationLink<AnyTRPCRouter>;

/** The key in an operation's context of the tokens that it was sent with. */
const SENT = "userdo.tokens";

/**
 * The header of a request whose calls all started in one session. Notes the tokens on each of them.
 *
 * @throws TRPCClientError UNAUTHORIZED when the session is over
 */
export async function authorization(
  keeper: TokenKeeper,
  session: ClientSession,
  calls: readonly Operation[],
): Promise<Record<string, string>> {
  // What signs in needs nobody to be signed in.
  if (calls.every(({ path }) => signInChangeOf(path) === "signedIn")) return {};
  const tokens = await keeper.fresh(session);
  for (const { context } of calls) context[SENT] = tokens;
  return tokens ? { Authorization: `Bearer ${tokens.accessToken}` } : {};
}

/**
 * Makes calls by tokens that the client keeps itself: asks for them when it signs in, and sends a call again, once,
 * that was refused for its token alone.
 */
export function withTokens(link: Link, keeper: TokenKeeper, sessions: ClientSessions): Link {
  return (chain) => {
    const { type, path, input } = chain.op;
    const call = sessionCallOf(chain.op);
    const { change } = call;
    const brings = type === "mutation" && givesTokens(path);
    const op: Operation = brings ? { ...chain.op, input: { ...(input as object), tokens: "body" } } : chain.op;

    return observable((observer) => {
      let gone = false;
      let running: Unsubscribable = { unsubscribe() {} };

      const run = (again: boolean): void => {
        let last: Parameters<typeof observer.next>[0] | undefined;
        running = link({ ...chain, op }).subscribe({
          next: (value) => void (last = value),
          complete() {
            // Before the tokens are stored: what starts from now on waits for them.
            if (change) sessions.changedBy(call);
            const settled = brings || change ? keeper.keepFrom(brings ? last : undefined) : Promise.resolve();
            settled.then(
              () => {
                if (last) observer.next(last);
                observer.complete();
              },
              (cause: unknown) => observer.error(TRPCClientError.from(cause as Error)),
            );
          },
          error(error) {
            if (again) return observer.error(error);
            keeper.renew(call.session, op.context[SENT] as SessionTokens | undefined, error).then(
              (renewed) => {
                if (gone) return;
                if (renewed) run(true);
                else observer.error(error);
              },
              (cause: unknown) =>
                observer.error(isSessionChangedError(cause) ? TRPCClientError.from(cause as Error) : error),
            );
          },
        });
      };

      run(false);
      return () => {
        gone = true;
        running.unsubscribe();
      };
    });
  };
}
