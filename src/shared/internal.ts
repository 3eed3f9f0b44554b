import type { ListedSession, SignedIn, Signup, User } from "./account.js";
import type { LeasedRoles, VersionedRoles } from "./app-roles.js";
import type { SessionTokens } from "./call.js";
import type { Caller } from "./caller.js";
import type { Device } from "./device.js";
import type { OrganizationEntry, UserEntry } from "./directory.js";
import type { DirectoryOperation, DirectoryReplies } from "./directory-requests.js";
import type { ClientFailure } from "./client-failure.js";
import type { OperatorReplies, OperatorRequest, OperatorValue } from "./operator-requests.js";
import type { Failure, Result } from "./result.js";

/**
 * A request that an object or a Worker of an app sends to an object. Clients cannot send it. Each comment begins with the
 * sender and the receiver.
 */
export type InternalRequest = InternalOperation & {
  /** Whether the sender expects a `Result` where the reply can be a refusal. Earlier versions do not. */
  readonly wantsResult?: boolean;
};

type InternalOperation =
  | {
      /** Email index → user: creates the account. Idempotent by `operationId`. */
      readonly op: "createAccount";
      readonly operationId: string;
      readonly signup: Signup;
      /** Whether the service for breached passwords did not answer, so that the password is not checked. */
      readonly notLookedUp: boolean;
      readonly device: Device;
      /** Whether the email address received too many mails, so that the verification link is not sent. */
      readonly isMailLimited?: boolean;
    }
  | {
      /** Email index → user: returns whether the account has this email address. */ readonly op: "hasAccount";
      readonly email: string;
    }
  | {
      /** Email index → user: signs in. */
      readonly op: "login";
      readonly email: string;
      readonly password: string;
      readonly device: Device;
      /** The account's device epoch in the device cookie; `undefined` for an unknown device. */
      readonly deviceEpoch: string | undefined;
    }
  | {
      /** Worker → user: redeems a socket ticket. */
      readonly op: "redeemSocketTicket";
      readonly id: string;
      /** The organization of the socket; `undefined` for a socket to the user's own object, or to the app's. */
      readonly organizationId: string | undefined;
      /**
       * Whether the socket is for the app's object.
       * @default false
       */
      readonly isForApp?: boolean;
    }
  | {
      /** Worker → user: returns the session of a token. The object verifies the token, because another Worker has no secret. */
      readonly op: "loadSession";
      readonly token: string;
    }
  | {
      /** Email index → user: mails a link to set a new password, if the email address is the user's. */
      readonly op: "requestPasswordReset";
      readonly email: string;
      readonly device: Device;
    }
  | {
      /** Email index → user: mails a link to confirm a device, if the email address is the user's. */
      readonly op: "requestDeviceLink";
      readonly email: string;
      readonly device: Device;
    }
  | {
      /** User → email index: reserves an email address for a user who changes to it, or confirms the reservation. */
      readonly op: "reserveAddress";
      readonly userId: string;
      readonly operationId: string;
      readonly email: string;
      /** Milliseconds since the epoch. */
      readonly until: number;
      readonly isConfirming?: boolean;
    }
  | {
      /** User → email index: counts a mail, and returns whether the limit allows it. Idempotent by `id`. */
      readonly op: "countMail";
      readonly kind:
        | "verifyEmail"
        | "resetPassword"
        | "confirmDevice"
        | "emailChanged"
        | "passwordChanged"
        | "accountDeleted";
      readonly id: string;
    }
  | {
      /** Worker → user: exchanges a refresh token. The Worker has verified its MAC. */
      readonly op: "refresh";
      readonly sessionId: string;
      readonly generation: number;
      readonly device: Device;
    }
  | {
      /** Worker → user: returns whether a refresh token is the newest of its session. The Worker has verified its MAC. */
      readonly op: "holdsRefreshToken";
      readonly sessionId: string;
      readonly generation: number;
      readonly device: Device;
    }
  | {
      /** Organization or app → user: requests a lease of a session. The user stores it, to revoke the lease when the session ends. */
      readonly op: "lease";
      /** `undefined` for the app. */
      readonly organizationId?: string | undefined;
      readonly sessionId: string;
      /** The generation of the tokens that a client presented; `undefined` if it is unknown. */
      readonly generation?: number | undefined;
    }
  | {
      /**
       * App → user: requests a lease for calls of other Workers that act for the user. The user stores it, to revoke the lease
       * when the account is deleted.
       */
      readonly op: "leaseAccount";
    }
  | {
      /** Organization → email index: reserves an invitation for a minute, and returns whether the limits allow it. */
      readonly op: "admitInvitation";
      readonly organizationId: string;
      /** `undefined` for the app itself. */
      readonly inviterId: string | undefined;
    }
  | {
      /** Organization → user: returns whether the user has verified this email address. */ readonly op: "hasVerified";
      readonly email: string;
    }
  | {
      /** Email index → user: returns whether the email address is the user's and verified, and the user blocks the inviter. */
      readonly op: "blocksInviter";
      readonly email: string;
      /** The user id is unknown in an invitation that an earlier version stored. */
      readonly inviter: { readonly userId: string | undefined; readonly email: string };
    }
  | {
      /** User → organization: accepts or declines an invitation. Idempotent. */
      readonly op: "answerInvitation";
      readonly answer: "accept" | "decline";
      readonly invitationId: string;
      readonly userId: string;
      readonly email: string;
    }
  | {
      /** User → organization: returns whether the user is the only owner. */ readonly op: "isLastOwner";
      readonly userId: string;
    }
  | {
      /** User → app: returns the roles of the user in the app. */ readonly op: "appRoles";
      readonly userId: string;
    }
  | {
      /** Organization → user: returns the user's roles in the app. The user's object sends changes until they expire. */
      readonly op: "memberRoles";
      readonly organizationId: string;
    }
  | {
      /** User → app: reserves the deletion of the user's account, unless the user is the last superadmin. */
      readonly op: "releaseSuperadmin";
      readonly userId: string;
    }
  | {
      /** App → user: returns whether the account exists. */ readonly op: "hasUser";
    }
  | DirectoryOperation
  | OperatorRequest
  | {
      /** Worker → any object: aborts the signals of the calls of a request, because its client has disconnected. */
      readonly op: "leave";
      readonly requestId: string;
    }
  | ({ /** Any object → any other: delivers messages of the outbox. */ readonly op: "deliver" } & Delivery);

/** Outbox messages of one object for another, in order. */
export interface Delivery {
  /** The name of the sending object, with an id of its outbox. A new outbox numbers its messages from the beginning. */
  readonly source: string;
  readonly letters: readonly { readonly seq: number; readonly kind: string; readonly payload: unknown }[];
}

/** The number of messages that the receiver handled, and why it did not handle the next. */
export interface Receipt {
  readonly done: number;
  /** The receiver does not exist, or was deleted, so the messages had no effect. */
  readonly gone?: boolean;
  /** The number of objects to which the receiver could not pass on the effect of the messages yet. */
  readonly pending?: number;
  readonly error?: string;
}

/** A session, as `loadSession` returns it. */
export interface FoundSession {
  readonly user: User;
  readonly session: ListedSession;
  /** The app's session data; `undefined` if none was set. `any`, because the RPC types of Workers convert `unknown` to `never`. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

/** The result of a sign-in. */
export interface SignInResult {
  readonly signedIn: SignedIn;
  readonly tokens: SessionTokens;
  /** The account's device epoch at the time of the sign-in, for the device cookie. */
  readonly deviceEpoch: string;
}

/** An operator has suspended the account of the session. */
export interface SuspendedFailure extends Failure<"ACCOUNT_SUSPENDED"> {
  /** When the suspension ends by itself; `null` if it does not. */
  readonly until: Date | null;
}

/** The session has ended, or a new password has just given it another id. */
export type SessionFailure = Failure<"SESSION_ENDED" | "SESSION_REPLACED"> | SuspendedFailure;

/** The caller that a socket ticket was issued to. */
export interface RedeemedSocketTicket {
  readonly caller: Caller;
  /** When the access token behind it expires, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A question has a boolean as its reply. A request that can be refused has a `Result`. */
interface Replies extends DirectoryReplies, OperatorReplies {
  createAccount: Result<SignInResult, Failure<"ACCOUNT_EXISTS"> | ClientFailure>;
  hasAccount: boolean;
  /** `UNKNOWN_DEVICE`: the device epoch has changed, so the password was not checked. */
  login: Result<SignInResult, Failure<"UNKNOWN_DEVICE" | "WRONG_CREDENTIALS"> | ClientFailure>;
  requestPasswordReset: void;
  requestDeviceLink: void;
  reserveAddress: Result<"reserved", Failure<"EMAIL_TAKEN" | "TOO_MANY_MAILS">>;
  countMail: Result<true, Failure<"TOO_MANY_MAILS">>;
  refresh: Result<SessionTokens, SessionFailure>;
  holdsRefreshToken: boolean;
  loadSession: Result<FoundSession, Failure<"SESSION_NOT_FOUND">>;
  redeemSocketTicket: Result<RedeemedSocketTicket, Failure<"TICKET_INVALID">>;
  /** When the lease expires, in milliseconds since the epoch. */
  lease: Result<number, SessionFailure>;
  /** When the lease expires, in milliseconds since the epoch. */
  leaseAccount: Result<number, Failure<"USER_NOT_FOUND"> | SuspendedFailure>;
  answerInvitation: Result<"accepted" | "declined", Failure<"INVITATION_INVALID">>;
  admitInvitation: Result<true, Failure<"TOO_MANY_INVITATIONS">>;
  hasVerified: boolean;
  blocksInviter: boolean;
  isLastOwner: boolean;
  appRoles: VersionedRoles;
  memberRoles: Result<LeasedRoles, Failure<"USER_NOT_FOUND">>;
  releaseSuperadmin: Result<true, Failure<"LAST_SUPERADMIN">>;
  hasUser: boolean;
  leave: void;
  deliver: Receipt;
}

/** The reply to one request. */
export type InternalReply<TRequest extends InternalRequest> = Replies[TRequest["op"]];

/** A `ClientFailure` as versions before `Result` send it. */
export interface Refused {
  readonly refused: ClientFailure["error"];
  readonly mailed?: boolean;
}

/** The values of results, which versions before `Result` sent as they are. */
type EarlierReply =
  | OperatorValue
  | UserEntry
  | OrganizationEntry
  | SignInResult
  | SessionTokens
  | FoundSession
  | RedeemedSocketTicket
  | Refused
  | string
  | number
  | null;

/** A reply of this version or an earlier one, as it crosses RPC. `sendInternal` reads it. */
export type WireReply = Replies[keyof Replies] | EarlierReply;
