import { TRPCClientError, type OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observableToPromise, tap } from "@trpc/server/observable";
import type { User } from "../shared/account.js";
import type { ErrorReason } from "../shared/error-reason.js";
import type { Answer, SessionWatch } from "./session-watch.js";
import { isSessionChangedError, sessionCallOf, type ClientSessions } from "./client-sessions.js";
import type { SignInListener } from "./sign-in-events.js";

type Link = OperationLink<AnyTRPCRouter>;

/** Who is signed in. */
const ME = "auth.me";

export interface WithSessionWatchOptions {
  readonly watch: SessionWatch;
  readonly sessions: ClientSessions;
  /** A call has signed somebody in or out. */
  readonly onChange: SignInListener;
}

/** Tells of the calls that sign in or out, and has the session looked at when a call is refused for want of one. */
export function withSessionWatch(link: Link, { watch, sessions, onChange }: WithSessionWatchOptions): Link {
  return (chain) => {
    const { type, path } = chain.op;
    const call = sessionCallOf(chain.op);
    const { change } = call;
    const asked = watch.era();
    return link(chain).pipe(
      tap({
        // Before the caller gets it: whoever learns that somebody signed in must find nothing of the user before.
        next({ result }) {
          if (change) sessions.changedBy(call);
          if (change) onChange(change, change === "signedIn" ? userIn(result) : undefined);
          else if (type === "query" && path === ME) watch.seen();
          else if (call.givesTokens) watch.changed(undefined);
        },
        error(error) {
          // Of somebody who signs in it says that the password is wrong.
          if (change === "signedIn" || !isUnauthorized(error)) return;
          if (path === ME) {
            if (!isPasswordChanged(error)) watch.answered(asked);
          }
          // There was no session to end any more.
          else if (change && path.startsWith("auth.")) {
            sessions.changedBy(call);
            onChange(change);
          } else watch.suspect();
        },
      }),
    );
  };
}

/** Asks the server who is signed in, beside the calls of the app. */
export async function askWho(link: Link): Promise<Answer> {
  const error = await errorOf(link, ME, undefined);
  if (error === undefined) return "signedIn";
  return isUnauthorized(error) && !isPasswordChanged(error) ? "signedOut" : "unknown";
}

/** Asks the server whether the user is a member. Answers the refusal, as the app shapes it. */
export async function askMember(
  link: Link,
  organizationId: string,
): Promise<TRPCClientError<AnyTRPCRouter> | undefined> {
  const error = await errorOf(link, "organizations.get", { organizationId });
  return error instanceof TRPCClientError && dataOf(error)?.code === "FORBIDDEN" ? error : undefined;
}

/** How a query fails; `undefined` when it does not. */
function errorOf(link: Link, path: string, input: unknown): Promise<unknown> {
  const op = { id: 0, type: "query", path, input, context: {}, signal: null } as const;
  // The link is the last one, so it calls no next one.
  return observableToPromise(link({ op, next: link as never })).then(
    () => undefined,
    (error: unknown) => error ?? new Error(),
  );
}

function userIn(result: unknown): User | undefined {
  return (result as { data?: { user?: User } }).data?.user;
}

function isUnauthorized(error: unknown): boolean {
  return dataOf(error)?.code === "UNAUTHORIZED" && !isSessionChangedError(error);
}

/** A call replaced the session, and its reply may have been lost. The app can make that call again. */
function isPasswordChanged(error: unknown): boolean {
  return dataOf(error)?.reason === ("PASSWORD_CHANGED" satisfies ErrorReason);
}

function dataOf(error: unknown): { readonly code?: unknown; readonly reason?: unknown } | undefined {
  const data: unknown = error instanceof TRPCClientError ? error.data : undefined;
  return typeof data === "object" && data !== null ? data : undefined;
}
