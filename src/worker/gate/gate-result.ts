import type { Cookies } from "cookie";
import type { CookieNames } from "../cookies/cookie-names.js";
import type { AllowedOrigins } from "./allowed-origins.js";
import type { SocketOwner } from "./read-socket-owner.js";
import type { FormName } from "./read-form.js";
import type { Refusal } from "./refusal.js";

export interface GateOptions {
  /** The path of the app's tRPC endpoint. `/trpc` matches `/trpc` and everything below `/trpc/`. */
  readonly path: string;
  /** Other origins that may send requests with cookies. */
  readonly allowedOrigins: AllowedOrigins;
  /** The names of the app's cookies at a URL. Other cookies are ignored. */
  readonly cookieNamesAt: (url: URL) => Pick<CookieNames, "has">;
}

/** The allowed foreign origin that sent a request. It may read the response. */
export interface Cors {
  readonly corsOrigin?: string | undefined;
}

/** The credentials in a request, not verified yet. */
export interface Credentials {
  /** The app's own cookies by name, decoded. Empty if the request has a Bearer token. */
  readonly cookies: Readonly<Cookies>;
  readonly bearer?: string | undefined;
}

/** One procedure call as HTTP transports it. */
export interface SerializedCall {
  readonly path: string;
  /** In the transformer's format, not validated yet. `undefined` if the request has no input. */
  readonly input: unknown;
  /** The key in the header of a request with a single call. */
  readonly idempotencyKey?: string | undefined;
}

/** A request with procedure calls. The gate does not check whether their types match the method. */
export interface CallsRequest extends Cors, Credentials {
  readonly kind: "calls";
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly isBatch: boolean;
  readonly calls: readonly SerializedCall[];
}

/** A form that a page posts without JavaScript. It calls a built-in procedure, and the response is a redirect. */
export interface FormRequest extends Cors, Credentials {
  readonly kind: "form";
  readonly url: URL;
  readonly form: FormName;
  readonly fields: ReadonlyMap<string, string>;
}

/** A WebSocket upgrade to the Durable Object of the caller, of an organization or of the app. */
export interface UpgradeRequest extends Cors, Credentials {
  readonly kind: "upgrade";
  readonly url: URL;
  /** `undefined` for the caller's own object. */
  readonly owner?: SocketOwner | undefined;
  /** The user that the page expects to be signed in. */
  readonly user?: string | undefined;
  /** Whether the client announced connection parameters, which the app cannot read. */
  readonly hasConnectionParams: boolean;
  /** The ticket that authenticates the socket, instead of cookies and headers. */
  readonly ticket?: string | undefined;
}

/** The gate's decision about a request. */
export type GateResult =
  /** The path is not the app's tRPC endpoint. */
  | { readonly kind: "otherPath" }
  | ({ readonly kind: "refused"; readonly refusal: Refusal } & Cors)
  /** The gate responds itself, to OPTIONS and HEAD. */
  | ({ readonly kind: "answered"; readonly response: Response } & Cors)
  /** A request for the public keys, which anyone may read. */
  | { readonly kind: "publicKeys" }
  | FormRequest
  | UpgradeRequest
  | CallsRequest;
