import type { AppOnCall } from "../router/create-call-reporter.js";
import type { AppOnError } from "../router/error-report.js";
import type { CookieOptions } from "./cookies/cookie-options.js";
import type { FormOptions } from "./forms/redirect-after.js";

/** Options of {@link createHandler} and {@link createWorker}. */
export interface HandlerOptions {
  /**
   * The name of the Durable Object binding in wrangler.jsonc.
   * @default the only Durable Object class that the Worker exports
   */
  readonly binding?: string;
  /**
   * The path of the tRPC endpoint.
   * @default "/trpc"
   */
  readonly path?: string;
  /**
   * Other origins that may send requests with the user's cookies. The Worker's own origin is always allowed.
   *
   * - exact origins: `https://app.example.com`, `capacitor://localhost`
   * - patterns, in which `*` is the first label of a host: `https://*.app.pages.dev`
   *
   * @default none
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * The names of Cloudflare rate limit bindings. They limit the sign-ups and sign-ins of one network before a request uses an
   * object. Without the binding there is no such limit.
   * @default { signUp: "SIGN_UP_LIMIT", signIn: "SIGN_IN_LIMIT" }
   */
  readonly rateLimits?: { readonly signUp?: string; readonly signIn?: string };
  /**
   * The header in which your proxy sends the client's IP address. Other headers are ignored.
   * @default "CF-Connecting-IP"
   */
  readonly clientAddressHeader?: string;
  /**
   * The prefix of the names of cookies, after `__Host-`. Two apps on one host need different prefixes, even on two ports of
   * localhost. Changing it signs users out.
   * @default "userdo"
   */
  readonly cookiePrefix?: string;
  /**
   * Attributes of the session cookies. If the pages belong to another site than the API, such as `pages.dev` and
   * `workers.dev`, use `{ sameSite: "none", partitioned: true }`. The origin check applies in both cases.
   * @default { sameSite: "lax", partitioned: false }
   */
  readonly cookies?: CookieOptions;
  /** The pages to redirect to after forms without JavaScript, which post to `/trpc/form/login`, `signup` or `logout`. */
  readonly forms?: FormOptions;
  /**
   * Called with every unexpected error in the Worker. The client receives only the request id.
   * @default logs the error with its request id and path by `console.error`
   */
  readonly onError?: AppOnError;
  /**
   * Called with each call that the Worker answers itself: procedures without an owner, calls that it refuses, and calls to an
   * object that was reset or is overloaded. The option `onCall` of `createUserDO` receives the others. It cannot change a response.
   * @default none
   */
  readonly onCall?: AppOnCall;
}
