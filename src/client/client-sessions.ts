import { TRPCClientError, type OperationLink, type Operation } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, tap } from "@trpc/server/observable";
import type { SessionTokens } from "../shared/call.js";
import type { ErrorReason } from "../shared/error-reason.js";
import { NO_USER, USER_HEADER } from "../shared/session-user.js";
import { givesTokens, signInChangeOf } from "./sign-in-events.js";
import type { SignInChange } from "./other-tabs.js";

type Link = OperationLink<AnyTRPCRouter>;

/** The time between two changes of sign-in. Asynchronous work captures it and has no effect once it is over. */
export interface ClientSession {
  isOver: boolean;
  /** The user that the browser's cookies belong to, as a reply named it; `undefined` while that is not known. */
  user?: string | undefined;
  /** The tokens that were stored when the session's first call was made. Only the client's first session has them. */
  firstTokens?: Promise<SessionTokens | undefined>;
}

/** A call that is in flight, and the session that it started in. */
export interface SessionCall {
  readonly session: ClientSession;
  /** What the call does to the sign-in if it succeeds. */
  readonly change: SignInChange | undefined;
  /** Whether the server replies with the tokens of a new session. */
  readonly givesTokens: boolean;
  /** The user that the reply named. */
  user?: string | undefined;
  /** Whether the change was applied, which ended the previous session. */
  isApplied: boolean;
  end(): void;
}

const CALL = "userdo.sessionCall";
const SESSION_CHANGED = "SESSION_CHANGED" satisfies ErrorReason;

/** Ends a call of a previous session. The server may have handled it, unless it had not been sent. */
export function sessionChangedError(): TRPCClientError<AnyTRPCRouter> {
  const message = "The sign-in changed during this call. Make the call again as the current user.";
  const data = { code: "UNAUTHORIZED", httpStatus: 401, reason: SESSION_CHANGED };
  return TRPCClientError.from<AnyTRPCRouter>({ error: { message, code: -32_001, data } });
}

/** Whether a call was ended because of another session. The error does not say that the current session is over. */
export function isSessionChangedError(error: unknown): boolean {
  return (
    error instanceof TRPCClientError && (error.data as { reason?: unknown } | undefined)?.reason === SESSION_CHANGED
  );
}

/** The metadata that the batch link passes on beside a result or an error. */
interface ReplyMeta {
  readonly response?: { readonly headers?: { get?(name: string): string | null } };
}

/** The call that an operation belongs to. Only for operations that passed {@link ClientSessions.link}. */
export function sessionCallOf({ context }: Operation): SessionCall {
  return context[CALL] as SessionCall;
}

export interface ClientSessionsOptions {
  /** A reply showed that another tab has signed in another user. It has to call `changedElsewhere`. */
  readonly onOtherUser: () => void;
  /** A reply named the user of a session for the first time. */
  readonly onUser: (user: string) => void;
}

/** Binds each call to the session that it starts in, and ends it with UNAUTHORIZED when another session begins. */
export function createClientSessions({ onOtherUser, onUser }: ClientSessionsOptions) {
  let current: ClientSession = { isOver: false };
  /** In the order in which they started. */
  const running = new Set<SessionCall>();

  /** Replaces the session. Ends the calls for which `endsCall` returns true. */
  function replace(user: string | undefined, endsCall: (call: SessionCall, position: number) => boolean): void {
    current.isOver = true;
    current = { isOver: false, user };
    for (const call of Array.from(running).filter(endsCall)) call.end();
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
          const { type, path, context } = chain.op;
          const isMutation = type === "mutation";
          const call: SessionCall = {
            session: current,
            change: isMutation ? signInChangeOf(path) : undefined,
            givesTokens: isMutation && givesTokens(path),
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
     * Compares the user of each reply with the user of the session that its call started in. The tabs of a browser share
     * the cookies, so a call may have been made as a user that another tab has signed in.
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
          if (session.isOver) {
            // The session ended while the call was in flight. The reply may be to a user who signed in by a form since.
            session.user ??= user;
            if (session.user !== user && user !== NO_USER) call.end();
            return;
          }
          if (session.user === undefined) onUser((session.user = user));
          // A reply to nobody contains no user's data. The session watch detects that the session has ended.
          if (session.user !== user && user !== NO_USER) onOtherUser();
        };
        return link(chain).pipe(
          tap({
            next: ({ context }) => compare(context as ReplyMeta | undefined),
            error: ({ meta }) => compare(meta as ReplyMeta | undefined),
          }),
        );
      },

    /** Starts a session, because a call signed in or out. Of several such calls in flight, later ones may still succeed. */
    changedBy(call: SessionCall): void {
      if (call.isApplied) return;
      call.isApplied = true;
      const own = [...running].indexOf(call);
      replace(call.user, (other, position) => position !== own && (!other.change || position < own));
    },

    /** Starts a session, because the current one ended. Calls that have been sent may still get their replies. */
    ended: (): void => replace(NO_USER, () => false),

    /** Starts a session, because another tab signed in or out. This client's own sign-in in flight may still succeed. */
    changedElsewhere(change: SignInChange): void {
      const user = change === "signedOut" ? NO_USER : undefined;
      replace(user, (call) => !call.change || (change === "signedIn" && call.change === "signedOut"));
    },
  };
}

export type ClientSessions = ReturnType<typeof createClientSessions>;
