import type { ForwardedCause } from "./forwarded-cause.js";

/** One procedure call on its way to the Durable Object that owns the data. Crosses Workers RPC as it is. */
export interface Call {
  readonly path: string;
  /** Left out by a server-side caller, which holds the router's type but not the router. */
  readonly type?: "query" | "mutation" | "subscription" | undefined;
  /** The input as the app's code would see it: already deserialized, not yet parsed by the procedure. */
  readonly input: unknown;
  /** The refresh token of the browser's cookie, unchecked: for the one procedure that exchanges it. */
  readonly refreshCookie?: string | undefined;
  /**
   * When the access token that authenticates the call expires, in milliseconds since the epoch: for the one procedure that
   * issues socket tickets.
   */
  readonly accessExpiresAt?: number | undefined;
  /** Where a resumed subscription left off. */
  readonly lastEventId?: string | undefined;
  /**
   * The place of the call in the client's batch.
   * @default 0
   */
  readonly batchIndex?: number | undefined;
  /**
   * Whether the client gets a stream, in which the promises of a result can follow it.
   * @default false
   */
  readonly streams?: boolean | undefined;
}

/** A promise or an async iterable in a result. It follows the result by a stream of its own. */
export interface LaterValue {
  /** The property of the result. */
  readonly key: string;
  readonly kind: "promise" | "iterable";
  /** Authorizes the Worker to open a socket for it. */
  readonly ticket: string;
}

/** tRPC's error shape as the Durable Object formatted it, ready to be serialized for the client. */
export interface ErrorShape {
  readonly message: string;
  readonly code: number;
  readonly data: { readonly code: string; readonly httpStatus: number; readonly [key: string]: unknown };
}

/** What a procedure wants done to the browser's cookies: set these, or (`null`) clear them. */
export type SessionEffect = SessionTokens | null;

/** The tokens of one session. Times are milliseconds since the epoch. */
export interface SessionTokens {
  readonly accessToken: string;
  readonly accessExpiresAt: number;
  readonly refreshToken: string;
  /** The session's absolute end. Without use the session ends earlier. */
  readonly refreshExpiresAt: number;
  /** After a sign-in: marks the browser as one of the user's. */
  readonly deviceToken?: string | undefined;
}

/**
 * The answer to one {@link Call}. Errors are data here, never thrown: an error thrown across Workers RPC
 * carries its own properties and `cause` to the other side and loses its class.
 */
export type Reply =
  | {
      readonly ok: true;
      // `any`, because Workers' RPC types turn `unknown` into `never`.
      // oxlint-disable-next-line typescript/no-explicit-any
      readonly data: any;
      /** Set when `data` does not survive a structured clone and travels as superjson's text. */
      readonly encoding?: "superjson";
      /** Set when the procedure returned an async iterable: shows who opens a socket for it that they may. */
      readonly stream?: string;
      /** Parts of the result that follow it. */
      readonly later?: readonly LaterValue[];
      /** The event id that such a stream begins after, if its events have ids and the call gave none. */
      readonly startsAt?: string | undefined;
      readonly session?: SessionEffect;
      /** Set when the browser is to be marked as one of the user's, without a sign-in: the value of its device cookie. */
      readonly deviceToken?: string;
      /** How far the log goes that a mutation has written to, when somebody could be listening. */
      readonly cursor?: string;
    }
  | {
      readonly ok: false;
      readonly error: ErrorShape;
      readonly session?: SessionEffect;
      /** Only for server callers, and only of errors that were thrown on purpose. */
      readonly cause?: ForwardedCause;
    };
