import type { AppOnError } from "../router/error-report.js";
import type { CookieOptions } from "./cookies/cookie-options.js";
import type { FormOptions } from "./forms/redirect-after.js";

/** Options of {@link createHandler} and {@link createWorker}. */
export interface HandlerOptions {
  /** The name of the Durable Object binding in the Worker's settings. */
  readonly binding: string;
  /**
   * The path that tRPC answers under.
   * @default "/trpc"
   */
  readonly path?: string;
  /**
   * Origins of other sites that may call with the user's cookies. The Worker's own origin always may.
   *
   * - exact origins: `https://app.example.com`, `capacitor://localhost`
   * - patterns, in which `*` is the first name of a host: `https://*.app.pages.dev`
   *
   * @default none
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Bindings of Cloudflare's `ratelimit`, which bound what one network may try before any object is asked. Without the
   * binding there is no such limit.
   * @default { signUp: "SIGN_UP_LIMIT", signIn: "SIGN_IN_LIMIT" }
   */
  readonly rateLimits?: { readonly signUp?: string; readonly signIn?: string };
  /**
   * The header that the proxy in front sets to the client's address. No other is believed.
   * @default "CF-Connecting-IP"
   */
  readonly clientAddressHeader?: string;
  /**
   * What the cookies' names begin with, after `__Host-`. Two apps on one host need one each, also on two ports of
   * localhost. Changing it signs users out.
   * @default "userdo"
   */
  readonly cookiePrefix?: string;
  /**
   * For front ends of another site than the API, such as `pages.dev` and `workers.dev`:
   * `{ sameSite: "none", partitioned: true }`. Only the own origin and `allowedOrigins` may call either way.
   * @default { sameSite: "lax", partitioned: false }
   */
  readonly cookies?: CookieOptions;
  /** Where forms lead that a page posts without JavaScript, to `/trpc/form/login` and its like. */
  readonly forms?: FormOptions;
  /**
   * Gets every unexpected error of what runs in the Worker whole; the client only gets the request id.
   * @default prints the error, with its request id and path, by `console.error`
   */
  readonly onError?: AppOnError;
}
