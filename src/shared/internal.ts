import type { ListedSession, SignedIn, Signup, User } from "./account.js";
import type { SessionTokens } from "./call.js";
import type { Caller } from "./caller.js";
import type { Device } from "./device.js";
import type { ErrorReason } from "./error-reason.js";

/** What the objects of one app, and Workers with its binding, ask of each other. Not reachable from outside. */
export type InternalRequest =
  | {
      /** Index → user: make the account. Idempotent by `operationId`. */
      readonly op: "createAccount";
      readonly operationId: string;
      readonly signup: Signup;
      /** Whether the service for breached passwords could not be asked about this one. */
      readonly notLookedUp: boolean;
      readonly device: Device;
      /** Whether the address got too many mails, so that the link to verify it is not mailed. */
      readonly isMailLimited?: boolean;
    }
  | { /** Index → user: is there an account of this address? */ readonly op: "hasAccount"; readonly email: string }
  | {
      /** Index → user: sign in. */
      readonly op: "login";
      readonly email: string;
      readonly password: string;
      readonly device: Device;
      /** The account's device epoch, according to the device's cookie; `undefined` for a device that is not known. */
      readonly deviceEpoch: string | undefined;
    }
  | {
      /** Worker → user: use up a socket ticket. */
      readonly op: "redeemSocketTicket";
      readonly id: string;
      /** The organization that the socket is opened to; `undefined` for the user's own object. */
      readonly organizationId: string | undefined;
    }
  | {
      /** Another Worker → user: whose session is this token's? Checked here: that Worker may have no secret. */
      readonly op: "loadSession";
      readonly token: string;
    }
  | {
      /** Index → user: mail a link for a new password, if the address is the user's. */
      readonly op: "requestPasswordReset";
      readonly email: string;
      readonly device: Device;
    }
  | {
      /** Index → user: mail a link that confirms a device, if the address is the user's. */
      readonly op: "requestDeviceLink";
      readonly email: string;
      readonly device: Device;
    }
  | {
      /** User → index: keep an address for a user who wants to change to it. The same operation asks again to confirm. */
      readonly op: "reserveAddress";
      readonly userId: string;
      readonly operationId: string;
      readonly email: string;
      /** Milliseconds since the epoch. */
      readonly until: number;
      readonly isConfirming?: boolean;
    }
  | {
      /** User → index: may the address get another mail of this kind? Counted if so, and the same id only once. */
      readonly op: "countMail";
      readonly kind: "verifyEmail" | "confirmDevice" | "emailChanged" | "passwordChanged" | "accountDeleted";
      readonly id: string;
    }
  | {
      /** Worker → user: exchange a refresh token whose MAC holds. */
      readonly op: "refresh";
      readonly sessionId: string;
      readonly generation: number;
      readonly device: Device;
    }
  | {
      /** Worker → user: is a refresh token whose MAC holds the newest of its session? It is not exchanged. */
      readonly op: "holdsRefreshToken";
      readonly sessionId: string;
      readonly generation: number;
      readonly device: Device;
    }
  | {
      /** Organization → user: until when may a session be taken to be alive? Written down, so that its end is told. */
      readonly op: "lease";
      readonly organizationId: string;
      readonly sessionId: string;
      /** The generation of its tokens that a client presented; `undefined` if that is not known. */
      readonly generation?: number | undefined;
    }
  | {
      /** Organization → index: may the address get an invitation? A place is kept for it, for a minute. */
      readonly op: "admitInvitation";
      readonly organizationId: string;
      /** `undefined` for the app itself. */
      readonly inviterId: string | undefined;
    }
  | {
      /** Organization → user: is this the user's address, and verified? */ readonly op: "hasVerified";
      readonly email: string;
    }
  | {
      /** Index → user: is this the user's verified address, and do they block an inviter? */
      readonly op: "blocksInviter";
      readonly email: string;
      /** The user id is unknown in an invitation that an earlier version stored. */
      readonly inviter: { readonly userId: string | undefined; readonly email: string };
    }
  | {
      /** User → organization: an invitation is accepted or declined by whom it is for. Idempotent. */
      readonly op: "answerInvitation";
      readonly answer: "accept" | "decline";
      readonly invitationId: string;
      readonly userId: string;
      readonly email: string;
    }
  | { /** User → organization: would it be without an owner? */ readonly op: "isLastOwner"; readonly userId: string }
  | {
      /** Worker → any object: the client of a request has left, so the signals of its calls are aborted. */
      readonly op: "leave";
      readonly requestId: string;
    }
  | ({ /** Any object → any other: what its outbox has for it. */ readonly op: "deliver" } & Delivery);

/** Letters of one object's outbox to another, in order. */
export interface Delivery {
  /** The sender's name, and which of its lives the numbers belong to. */
  readonly source: string;
  readonly letters: readonly { readonly seq: number; readonly kind: string; readonly payload: unknown }[];
}

/** How many of the letters are dealt with, and why not the next. */
export interface Receipt {
  readonly done: number;
  /** There is nobody here (any more): nothing came of them. */
  readonly gone?: boolean;
  readonly error?: string;
}

/** A session, as `loadSession` finds it. */
export interface FoundSession {
  readonly user: User;
  readonly session: ListedSession;
  /** The app's own; `undefined` when nothing was set. `any`, because Workers' RPC types turn `unknown` into `never`. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

/** A sign-in and its tokens. */
export interface SignInResult {
  readonly signedIn: SignedIn;
  readonly tokens: SessionTokens;
  /** The account's device epoch when the password was right, for the device cookie. */
  readonly deviceEpoch: string;
}

/** An error that was meant for the client, as data: thrown across RPC it would lose its class. */
export interface RefusedResult {
  readonly refused: { readonly code: string; readonly message: string; readonly reason?: ErrorReason | undefined };
  /** Whether a mail had already been handed to the app's hook. */
  readonly mailed?: boolean;
}

/** The caller that a socket ticket was issued to. */
export interface RedeemedSocketTicket {
  readonly caller: Caller;
  /** When the access token behind it expires, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface Replies {
  createAccount: SignInResult | RefusedResult | "exists";
  hasAccount: boolean;
  /** `"unknown device"`: the device epoch has changed, so nothing was checked. */
  login: SignInResult | RefusedResult | "refused" | "unknown device";
  requestPasswordReset: void;
  requestDeviceLink: void;
  reserveAddress: "reserved" | "taken" | "too often";
  countMail: boolean;
  refresh: SessionTokens | "ended" | "replaced";
  holdsRefreshToken: boolean;
  loadSession: FoundSession | null;
  redeemSocketTicket: RedeemedSocketTicket | null;
  /** Until then, in milliseconds since the epoch. */
  lease: number | "ended" | "replaced";
  answerInvitation: "accepted" | "declined" | "invalid";
  admitInvitation: boolean;
  hasVerified: boolean;
  blocksInviter: boolean;
  isLastOwner: boolean;
  leave: void;
  deliver: Receipt;
}

export type InternalReply<TRequest extends InternalRequest> = Replies[TRequest["op"]];
