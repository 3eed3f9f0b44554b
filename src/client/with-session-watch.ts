import type { OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { tap } from "@trpc/server/observable";
import type { User } from "../shared/account.js";
import type { ErrorReason } from "../shared/error-reason.js";
import { callOver } from "./call-over-http.js";
import type { SignInStatus, SessionWatch } from "./session-watch.js";
import { isSessionChangedError, sessionCallOf, type ClientSessions } from "./client-sessions.js";
import type { SignInListener } from "./sign-in-events.js";

type Link = OperationLink<AnyTRPCRouter>;

const SUSPENDED = "ACCOUNT_SUSPENDED" satisfies ErrorReason;

/** The path of the query that returns the signed-in user. */
const ME = "auth.me";

export interface WithSessionWatchOptions {
  readonly watch: SessionWatch;
  readonly sessions: ClientSessions;
  /** Called when a call has signed a user in or out. */
  readonly onChange: SignInListener;
}

/** Reports calls that sign in or out, and checks the session when a call is rejected as UNAUTHORIZED. */
export function withSessionWatch(link: Link, { watch, sessions, onChange }: WithSessionWatchOptions): Link {
  return (chain) => {
    const { path } = chain.op;
    const call = sessionCallOf(chain.op);
    const { change, givesTokens } = call;
    const epoch = watch.epoch();
    return link(chain).pipe(
      tap({
        // Before the caller gets the result: code that runs after a sign-in must not find data of the previous user.
        next({ result }) {
          if (change) {
            sessions.changedBy(call);
            onChange(change, change === "signedIn" ? userIn(result) : undefined);
          } else if (path === ME) watch.onSignedIn();
          else if (givesTokens) watch.changed(undefined);
        },
        error(error) {
          // For a sign-in, the error means that the password is wrong.
          if (change === "signedIn" || !isUnauthorized(error)) return;
          if (path === ME) {
            if (!isPasswordChanged(error)) watch.onSignedOut(epoch);
          }
          // The session had already ended.
          else if (change && path.startsWith("auth.")) {
            sessions.changedBy(call);
            onChange(change);
          } else watch.check();
        },
      }),
    );
  };
}

/** Reads the sign-in status from the server with a call of the client's own. */
export function fetchSignInStatus(link: Link): Promise<SignInStatus> {
  return callOver(link)({ type: "query", path: ME, input: undefined }).then(
    () => "signedIn",
    (error: unknown) => (isUnauthorized(error) && !isPasswordChanged(error) ? "signedOut" : "unknown"),
  );
}

function userIn(result: unknown): User | undefined {
  return (result as { data?: { user?: User } }).data?.user;
}

/** Whether the error suggests that no user is signed in. A suspension ends all sessions. */
function isUnauthorized(error: unknown): boolean {
  const { data } = error as ClientError;
  return data?.reason === SUSPENDED || (data?.code === "UNAUTHORIZED" && !isSessionChangedError(error));
}

/** Whether a call replaced the session. Its response may have been lost, and the app can send the call again. */
function isPasswordChanged(error: unknown): boolean {
  return (error as ClientError).data?.reason === ("PASSWORD_CHANGED" satisfies ErrorReason);
}

interface ClientError {
  readonly data?: { readonly code?: unknown; readonly reason?: unknown } | null;
}
