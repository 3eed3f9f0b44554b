import type { LocationHint } from "../../shared/location-hint.js";
import type { MessageHandlers } from "../messaging/create-inbox.js";
import type { WaitingInvitation } from "./waiting-invitation.js";
import type { OutboxMessage } from "../messaging/outbox-store.js";

/** The messages that objects send each other about organizations. Each has its effect once, and in order. */
export interface OrganizationMessages {
  /** User → organization: initialize the object. `settings` is superjson text. */
  readonly createOrganization: {
    readonly name: string;
    readonly settings: string;
    readonly userId: string;
    readonly email: string;
    readonly createdAt: number;
    /** Where the organization is created. Read by the sender, when it delivers the message. */
    readonly locationHint?: LocationHint;
  };
  /** User → organization: the account of the user was deleted. */
  readonly memberGone: { readonly userId: string };
  readonly memberEmail: { readonly userId: string; readonly email: string };
  /** User → organization: the account of the user was suspended. `until` is `null` without an end. */
  readonly memberSuspended: { readonly userId: string; readonly until: number | null };
  /** User → organization: the suspension has ended. */
  readonly memberUnsuspended: { readonly userId: string };
  /** User → organization: a session with a lease has ended. */
  readonly endSession: { readonly sessionId: string };
  /** Organization → user: the user's current membership. */
  readonly membership: {
    readonly organizationId: string;
    readonly name: string;
    readonly role: string;
    readonly joinedAt: number;
    /** The address that the organization knows. */
    readonly email: string;
    readonly invitationId: string | undefined;
  };
  /** User → organization: an invitation is declined together with others. */
  readonly declineInvitation: { readonly invitationId: string; readonly userId: string; readonly email: string };
  /** Organization → user: the membership has ended. */
  readonly left: { readonly organizationId: string };
  /** Organization → address: an invitation. Sent again when its details change. */
  readonly invitation: WaitingInvitation & { readonly mail: boolean };
  /** Organization → address: the invitation was answered or withdrawn. */
  readonly withdrawInvitation: { readonly id: string };
  /** User → address: the user has verified the address and requests its invitations. */
  readonly claimInvitations: { readonly userId: string };
  /** Address → user: an invitation to the user's address. */
  readonly invited: WaitingInvitation;
  /** Address → user: the invitation is no longer valid. */
  readonly uninvited: { readonly id: string };
}

export type OrganizationMessageKind = keyof OrganizationMessages;

export function messageTo<TKind extends OrganizationMessageKind>(
  target: string,
  kind: TKind,
  payload: OrganizationMessages[TKind],
): OutboxMessage {
  return { target, kind, payload };
}

/** Handlers of these messages. Only objects of the app send them, so their payloads are not validated. */
export function handlersFor<TKind extends OrganizationMessageKind>(handlers: {
  readonly [TEach in TKind]: (payload: OrganizationMessages[TEach]) => void;
}): MessageHandlers {
  return handlers as MessageHandlers;
}
