import type { SignedIn } from "./account.js";
import type { SessionTokens } from "./call.js";
import type { Device } from "./device.js";

/** What objects of one app (and the Worker, for `refresh`) ask of each other. Not reachable from outside. */
export type InternalRequest =
  | {
      /** Index → user: make the account. Idempotent by `operationId`. */
      readonly op: "createAccount";
      readonly operationId: string;
      readonly email: string;
      readonly password: string;
      readonly device: Device;
    }
  | { /** Index → user: is there an account of this address? */ readonly op: "hasAccount"; readonly email: string }
  | {
      /** Index → user: sign in. */
      readonly op: "login";
      readonly email: string;
      readonly password: string;
      readonly device: Device;
    }
  | {
      /** Worker → user: exchange a refresh token whose MAC holds. */
      readonly op: "refresh";
      readonly sessionId: string;
      readonly generation: number;
    };

/** A sign-in and its tokens. */
export interface SignInResult {
  readonly signedIn: SignedIn;
  readonly tokens: SessionTokens;
}

interface Replies {
  createAccount: SignInResult | "exists";
  hasAccount: boolean;
  login: SignInResult | "refused";
  refresh: SessionTokens | "ended";
}

export type InternalReply<TRequest extends InternalRequest> = Replies[TRequest["op"]];
