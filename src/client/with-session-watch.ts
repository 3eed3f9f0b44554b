import { TRPCClientError, type OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { tap } from "@trpc/server/observable";
import type { User } from "../shared/account.js";
import type { ErrorReason } from "../shared/error-reason.js";
import { callOver } from "./call-over-http.js";
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
  try {
    await callOver(link)({ type: "query", path: ME, input: undefined });
    return "signedIn";
  } catch (error) {
    return isUnauthorized(error) && !isPasswordChanged(error) ? "signedOut" : "unknown";
  }
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
