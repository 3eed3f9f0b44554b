import { TRPCClientError, type Operation, type OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";
import type { SessionTokens } from "../shared/call.js";
import { givesTokens, signInChangeOf } from "./sign-in-events.js";
import type { TokenKeeper } from "./token-keeper.js";

type Link = OperationLink<AnyTRPCRouter>;

/** Under what an operation remembers the token that it was sent with. */
const SENT = "userdo.accessToken";

/** The header of a request, and a note of it on each call that it carries. */
export async function authorization(keeper: TokenKeeper, calls: readonly Operation[]): Promise<Record<string, string>> {
  // What signs in needs nobody to be signed in.
  if (calls.every(({ path }) => signInChangeOf(path) === "signedIn")) return {};
  const token = await keeper.fresh();
  for (const { context } of calls) context[SENT] = token;
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

/**
 * Makes calls by tokens that the client keeps itself: asks for them when it signs in, and sends a call again, once,
 * that was refused for its token alone.
 */
export function withTokens(link: Link, keeper: TokenKeeper): Link {
  return (chain) => {
    const { type, path, input } = chain.op;
    const change = type === "mutation" ? signInChangeOf(path) : undefined;
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
            const settled = brings || change ? keeper.keep(brings ? tokensIn(last) : undefined) : Promise.resolve();
            settled.then(
              () => {
                if (last) observer.next(last);
                observer.complete();
              },
              (cause: unknown) => observer.error(TRPCClientError.from(cause as Error)),
            );
          },
          error(error) {
            if (again || !isForItsToken(error)) return observer.error(error);
            keeper.renew(op.context[SENT]).then(
              (renewed) => {
                if (gone) return;
                if (renewed) run(true);
                else observer.error(error);
              },
              () => observer.error(error),
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

/** The server says so in a header (RFC 6750): an UNAUTHORIZED of the app's own is not to be tried again. */
function isForItsToken(error: unknown): boolean {
  const response = error instanceof TRPCClientError ? error.meta?.["response"] : undefined;
  const challenge = response instanceof Response ? response.headers.get("www-authenticate") : null;
  return challenge?.includes("invalid_token") ?? false;
}

function tokensIn(value: unknown): SessionTokens | undefined {
  return (value as { result?: { data?: { tokens?: SessionTokens } } } | undefined)?.result?.data?.tokens;
}
