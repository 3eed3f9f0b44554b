import type { MessageHandlers } from "../messaging/create-inbox.js";
import type { WaitingInvitation } from "./waiting-invitation.js";
import type { OutboxMessage } from "../messaging/outbox-store.js";

/** What objects write to each other about organizations. Each letter has its effect once, and in order. */
export interface OrganizationMessages {
  /** User → organization: be born. The settings are superjson. */
  readonly createOrganization: {
    readonly name: string;
    readonly settings: string;
    readonly userId: string;
    readonly email: string;
    readonly createdAt: number;
  };
  /** User → organization: there is no such user any more. */
  readonly memberGone: { readonly userId: string };
  readonly memberEmail: { readonly userId: string; readonly email: string };
  /** User → organization: a session that had a lease is over. */
  readonly endSession: { readonly sessionId: string };
  /** Organization → user: what they are in it now. */
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
  /** Organization → user: they are nothing in it any more. */
  readonly left: { readonly organizationId: string };
  /** Organization → address: somebody with it is invited. Again, to change what is said of it. */
  readonly invitation: WaitingInvitation & { readonly mail: boolean };
  /** Organization → address: it was answered, or taken back. */
  readonly withdrawInvitation: { readonly id: string };
  /** User → address: it is known to be theirs now. */
  readonly claimInvitations: { readonly userId: string };
  /** Address → user. */
  readonly invited: WaitingInvitation;
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

/** Handlers of such letters. Only objects of the app write them, so what they hold is taken as it is. */
export function handlersFor<TKind extends OrganizationMessageKind>(handlers: {
  readonly [TEach in TKind]: (payload: OrganizationMessages[TEach]) => void;
}): MessageHandlers {
  return handlers as MessageHandlers;
}
