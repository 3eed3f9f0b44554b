import { TRPCClientError, type OperationLink, type Operation } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, tap } from "@trpc/server/observable";
import type { SessionTokens } from "../shared/call.js";
import type { ErrorReason } from "../shared/error-reason.js";
import { NO_USER, USER_HEADER } from "../shared/user-header.js";
import { OWN_CALL } from "./call-over-http.js";
import { givesTokens, signInChangeOf } from "./sign-in-events.js";
import type { Attempt } from "./keyed-input.js";
import type { SignInChange } from "./other-tabs.js";

type Link = OperationLink<AnyTRPCRouter>;

/** The period between two changes of sign-in. Asynchronous work captures it, and has no effect after it has ended. */
export interface ClientSession {
  isEnded: boolean;
  /** The user of the browser's cookies, from a response header; `undefined` until a response has named it. */
  user?: string | undefined;
  /** The tokens that were stored when the session's first call was sent. Only the client's first session has them. */
  firstTokens?: Promise<SessionTokens | undefined>;
}

/** A call in flight, and the session in which it started. */
export interface SessionCall {
  readonly session: ClientSession;
  /** How the call changes the sign-in if it succeeds. */
  readonly change: SignInChange | undefined;
  /** Whether the response contains the tokens of a new session. */
  readonly givesTokens: boolean;
  /** Whether the client may send the call again. The server does not store replies that set cookies. */
  readonly canRetry: boolean;
  /** Sent with a mutation that may be sent again, so that the server runs it once. */
  attempt?: Attempt;
  /** The user that the response named. */
  user?: string | undefined;
  /** Whether the change was applied, which ended the previous session. */
  isApplied: boolean;
  end(): void;
}

export const CALL = "userdo.sessionCall";
const SESSION_CHANGED = "SESSION_CHANGED" satisfies ErrorReason;

/** Creates the error that ends a call of a previous session. The server may have handled the call if it was sent. */
export function sessionChangedError(): TRPCClientError<AnyTRPCRouter> {
  const message = "The sign-in changed during this call. Make the call again as the current user.";
  const data = { code: "UNAUTHORIZED", httpStatus: 401, reason: SESSION_CHANGED };
  return TRPCClientError.from<AnyTRPCRouter>({ error: { message, code: -32_001, data } });
}

/** Whether a call was ended because another session began. The error does not mean that the current session has ended. */
export function isSessionChangedError(error: unknown): boolean {
  return (error as { readonly data?: { readonly reason?: unknown } | null }).data?.reason === SESSION_CHANGED;
}

/** The metadata that the batch link adds to a result or an error. */
interface ReplyMeta {
  readonly response?: { readonly headers?: { get?(name: string): string | null } };
}

/** Returns the call that an operation belongs to. The operation must have passed {@link ClientSessions.link}. */
export function sessionCallOf({ context }: Operation): SessionCall {
  return context[CALL] as SessionCall;
}

export interface ClientSessionsOptions {
  /** Called when a response shows that another tab has signed in another user. It must call `changedElsewhere`. */
  readonly onOtherUser: () => void;
  /** Called when a response names the user of a session for the first time. */
  readonly onUser: (user: string) => void;
}

/** Binds each call to the session that it starts in, and ends it with UNAUTHORIZED when another session begins. */
export function createClientSessions({ onOtherUser, onUser }: ClientSessionsOptions) {
  let current: ClientSession = { isEnded: false };
  /** In the order in which they started. */
  const running = new Set<SessionCall>();

  /** Replaces the session. Ends the calls for which `endsCall` returns true. */
  function replace(user: string | undefined, endsCall: (call: SessionCall, position: number) => boolean): void {
    current.isEnded = true;
    current = { isEnded: false, user };
    for (const call of [...running].filter(endsCall)) call.end();
  }

  return {
    current: (): ClientSession => current,

    // The token code gets these from here: if it imported this file, a bundler would split the first chunk in two.
    callOf: sessionCallOf,
    changedError: sessionChangedError,
    isChangedError: isSessionChangedError,

    link:
      (link: Link): Link =>
      (chain) =>
        observable((observer) => {
          const { id, type, path, context } = chain.op;
          const isMutation = type === "mutation";
          const hasTokens = isMutation && givesTokens(path);
          const call: SessionCall = {
            session: current,
            change: isMutation ? signInChangeOf(path) : undefined,
            givesTokens: hasTokens,
            // The code that makes the client's own calls has a backoff of its own.
            canRetry: id !== OWN_CALL && !hasTokens,
            isApplied: false,
            // The observer then runs the function below, which ends the request.
            end: () => observer.error(sessionChangedError()),
          };
          running.add(call);
          const op = { ...chain.op, context: { ...context, [CALL]: call } };
          const subscription = link({ ...chain, op }).subscribe(observer);
          return () => {
            running.delete(call);
            subscription.unsubscribe();
          };
        }),

    /**
     * Compares the user of each response with the user of the session in which its call started. The tabs of a browser share
     * the cookies, so a call may have been sent as a user that another tab has signed in.
     */
    compareUsers:
      (link: Link): Link =>
      (chain) => {
        const call = sessionCallOf(chain.op);
        const compare = (meta: ReplyMeta | undefined): void => {
          // Not every platform's fetch returns an instance of the global Response.
          const user = (call.user = meta?.response?.headers?.get?.(USER_HEADER) ?? undefined);
          const { session } = call;
          if (!user || call.change === "signedIn") return;
          if (session.isEnded) {
            // The session ended while the call was in flight. The response may be for a user who has signed in with a form since.
            session.user ??= user;
            if (session.user !== user && user !== NO_USER) call.end();
            return;
          }
          if (session.user === undefined) onUser((session.user = user));
          // A response without a user contains no user's data. The session watch detects that the session has ended.
          if (session.user !== user && user !== NO_USER) onOtherUser();
        };
        return link(chain).pipe(
          tap({
            next: ({ context }) => compare(context as ReplyMeta | undefined),
            error: ({ meta }) => compare(meta as ReplyMeta | undefined),
          }),
        );
      },

    /** Starts a session, because a call signed in or out. Later calls in flight that sign in or out may still succeed. */
    changedBy(call: SessionCall): void {
      if (call.isApplied) return;
      call.isApplied = true;
      const own = [...running].indexOf(call);
      replace(call.user, (other, position) => position !== own && (!other.change || position < own));
    },

    /** Starts a session, because the current one ended. Calls that have been sent may still get their responses. */
    ended: (): void => replace(NO_USER, () => false),

    /** Starts a session, because another tab signed in or out. A sign-in of this client that is in flight may still succeed. */
    changedElsewhere(change: SignInChange): void {
      const user = change === "signedOut" ? NO_USER : undefined;
      replace(user, (call) => !call.change || (change === "signedIn" && call.change === "signedOut"));
    },
  };
}

export type ClientSessions = ReturnType<typeof createClientSessions>;
