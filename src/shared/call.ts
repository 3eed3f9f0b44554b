import type { ForwardedCause } from "./forwarded-cause.js";
import type { SignUpRequest } from "./sign-up-request.js";

/** A procedure call that the Worker sends to a Durable Object. It must survive a structured clone. */
export interface Call {
  readonly path: string;
  /** Omitted by a server-side caller, which has the type of the router but not the router. */
  readonly type?: "query" | "mutation" | "subscription" | undefined;
  /** The deserialized input, which the procedure's schema has not parsed yet. */
  readonly input: unknown;
  /** Identifies a mutation and its repeats. Queries and subscriptions ignore it. */
  readonly idempotencyKey?: string | undefined;
  /** Whether the client sent the mutation before. For the Worker, which does not store keys. */
  readonly isRetry?: boolean | undefined;
  /** The unverified refresh token of the browser's cookie. Only `auth.refresh` receives it. */
  readonly refreshCookie?: string | undefined;
  /**
   * When the access token that authenticates the call expires, in milliseconds since the epoch. Only `auth.socketTicket`
   * receives it.
   */
  readonly accessExpiresAt?: number | undefined;
  /** The request of the browser or the app. Only `auth.signup` receives it. */
  readonly signUpRequest?: SignUpRequest | undefined;
  /** The key of the socket on which the call arrived. Only the procedures of `presence` receive it. */
  readonly socketKey?: string | undefined;
  /** The id of the last event that the client received of a subscription. */
  readonly lastEventId?: string | undefined;
  /**
   * The index of the call in the client's batch.
   * @default 0
   */
  readonly batchIndex?: number | undefined;
  /**
   * Whether the response is a stream, so that promises in a result can be sent after it.
   * @default false
   */
  readonly streams?: boolean | undefined;
  /**
   * Whether the Worker writes the result into a response, and accepts it as text. An object of an earlier version sends a value.
   * @default false
   */
  readonly wantsText?: boolean | undefined;
}

/** A promise or an async iterable in a result. A separate stream carries its values. */
export interface LaterValue {
  /** The property of the result. */
  readonly key: string;
  readonly kind: "promise" | "iterable";
  /** Authorizes the Worker to open the stream's socket. */
  readonly ticket: string;
}

/** tRPC's error shape, which the Durable Object formatted. The Worker serializes it for the client. */
export interface ErrorShape {
  readonly message: string;
  readonly code: number;
  readonly data: { readonly code: string; readonly httpStatus: number; readonly [key: string]: unknown };
}

/** A change of the browser's session cookies: the tokens to set, or `null` to clear them. */
export type SessionEffect = SessionTokens | null;

/** The tokens of one session. Times are milliseconds since the epoch. */
export interface SessionTokens {
  readonly accessToken: string;
  readonly accessExpiresAt: number;
  readonly refreshToken: string;
  /** When the session ends, even if it is used. An unused session ends earlier. */
  readonly refreshExpiresAt: number;
  /** Marks the browser as a known device of the user. Present after a sign-in. */
  readonly deviceToken?: string | undefined;
}

/**
 * The reply to one {@link Call}. An error is data: if it were thrown, Workers RPC would send its own properties and its
 * `cause`, and drop its class.
 */
export type Reply =
  | {
      readonly ok: true;
      // `any`, because the RPC types of Workers convert `unknown` to `never`.
      // oxlint-disable-next-line typescript/no-explicit-any
      readonly data: any;
      /**
       * Present if `data` is text:
       *
       * - `superjson`: superjson's text of a value that does not survive a structured clone. Parse it with superjson
       * - `json`: the serialized result, as it is written into a response or a frame
       */
      readonly encoding?: "superjson" | "json";
      /** Present if the procedure returned an async iterable: the ticket that authorizes the Worker to open its socket. */
      readonly stream?: string;
      /** Promises and async iterables in the result. */
      readonly later?: readonly LaterValue[];
      /** The event id after which the stream begins. Present if its events have ids and the call did not have one. */
      readonly startsAt?: string | undefined;
      readonly session?: SessionEffect;
      /** The value of the device cookie. Present if the call marks the browser as a known device without a sign-in. */
      readonly deviceToken?: string;
      /**
       * The cursor after the writes of a mutation. Present if the object has sockets, and present in each reply to a mutation
       * with an idempotency key: `undefined` if the first reply had none.
       */
      readonly cursor?: string | undefined;
    }
  | {
      readonly ok: false;
      readonly error: ErrorShape;
      readonly session?: SessionEffect;
      /** The cause of an error that was thrown on purpose. Only server-side callers receive it. */
      readonly cause?: ForwardedCause;
    };
