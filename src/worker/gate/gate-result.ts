import type { Cookies } from "cookie";
import type { CookieNames } from "../cookies/cookie-names.js";
import type { AllowedOrigins } from "./allowed-origins.js";
import type { FormName } from "./read-form.js";
import type { Refusal } from "./refusal.js";

export interface GateOptions {
  /** Where the app's tRPC lives: a leading slash, none at the end. `/trpc` means `/trpc` and all of `/trpc/…`. */
  readonly path: string;
  /** The foreign origins that may call. */
  readonly allowedOrigins: AllowedOrigins;
  /** The names of the app's cookies at a URL. Others are ignored. */
  readonly cookieNamesAt: (url: URL) => Pick<CookieNames, "has">;
}

/** A foreign origin that may read the reply, cookies included; given to `withGateHeaders`. */
export interface Cors {
  readonly corsOrigin?: string | undefined;
}

/** What the request says of who sends it. Nothing here is verified yet. */
export interface Credentials {
  /** The app's own, by name, decoded. Empty when a bearer token came along. */
  readonly cookies: Readonly<Cookies>;
  readonly bearer?: string | undefined;
}

/** One procedure call as it came over HTTP. */
export interface GatedCall {
  readonly path: string;
  /** Still in the transformer's format, and unchecked. `undefined` when none was sent. */
  readonly input: unknown;
}

/** Procedure calls. Whether a call's type fits the method is the router's to say. */
export interface GatedCalls extends Cors, Credentials {
  readonly kind: "calls";
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly isBatch: boolean;
  readonly calls: readonly GatedCall[];
}

/** A form of a page without JavaScript. It calls a built-in procedure, and is answered with a redirect. */
export interface GatedForm extends Cors, Credentials {
  readonly kind: "form";
  readonly url: URL;
  readonly form: FormName;
  readonly fields: ReadonlyMap<string, string>;
}

/** A socket to the caller's own Durable Object, or to an organization's. */
export interface GatedUpgrade extends Cors, Credentials {
  readonly kind: "upgrade";
  readonly url: URL;
  readonly organizationId?: string | undefined;
  /** The user that the page opens it for. */
  readonly user?: string | undefined;
  /** Whether the client announced connection parameters, which the app cannot read. */
  readonly hasConnectionParams: boolean;
  /** The ticket that authenticates the socket, instead of cookies and headers. */
  readonly ticket?: string | undefined;
}

/** What becomes of a request. A request that is none of these is not let through. */
export type GateResult =
  /** Not under the path: someone else's to answer. */
  | { readonly kind: "notMine" }
  /** Turned away; `refuse` makes the reply. */
  | ({ readonly kind: "refused"; readonly refusal: Refusal } & Cors)
  /** Answered without the app: a preflight, a HEAD. */
  | ({ readonly kind: "answered"; readonly response: Response } & Cors)
  /** Anyone, from anywhere, asks for the keys that tokens are checked with. */
  | { readonly kind: "publicKeys" }
  | GatedForm
  | GatedUpgrade
  | GatedCalls;
