import type { OnError } from "../router/run-call.js";
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
   * Origins of other sites that may call with the user's cookies, such as `https://app.example.com`. The
   * Worker's own origin always may.
   * @default none
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * What the cookies' names begin with, after `__Host-`.
   * @default "userdo"
   */
  readonly cookiePrefix?: string;
  /** Where forms lead that a page posts without JavaScript, to `/trpc/form/login` and its like. */
  readonly forms?: FormOptions;
  /**
   * Gets every unexpected error of what runs in the Worker whole; the client only gets the request id.
   * @default prints the error, with its request id and path, by `console.error`
   */
  readonly onError?: OnError;
}
