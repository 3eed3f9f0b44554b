import { SOCKET_TICKET_LIFETIME, signSocketTicket } from "../../../jwt/socket-ticket.js";
import type { IssuedSocketTicket } from "../../../router/services.js";
import type { Caller } from "../../../shared/caller.js";
import type { RedeemedSocketTicket } from "../../../shared/internal.js";
import { failure, success, type Failure, type Result } from "../../../shared/result.js";
import { randomId } from "../../../shared/random-id.js";
import type { AppIdentity } from "../../lifecycle/identity.js";

export interface SocketTicketsOptions {
  readonly userId: string;
  readonly identity: () => AppIdentity;
  /** Whether the object of the socket has to decide: the caller's session is active, or its account is suspended. */
  readonly authorize: (caller: Caller) => boolean;
}

/** The object that a socket is for: the user's own, unless a member is set. */
export interface TicketTarget {
  readonly organizationId?: string | undefined;
  /** @default false */
  readonly isForApp?: boolean | undefined;
}

export interface IssueOptions {
  readonly caller: Caller;
  readonly target: TicketTarget;
  /** When the access token behind the call expires, in milliseconds since the epoch. The socket lasts no longer. */
  readonly accessExpiresAt: number;
}

interface StoredTicket extends IssueOptions {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Limit of unused tickets of a user. A further ticket replaces the oldest. */
const MAX_TICKETS = 100;

/**
 * Tickets with which a client opens a socket that cannot send headers. They are kept in memory: if the object is evicted,
 * the ticket is refused, and the client fetches another. A stored ticket would cost a write and a deletion for each socket.
 */
export function createSocketTickets({ userId, identity, authorize }: SocketTicketsOptions) {
  // In the order in which they expire.
  const tickets = new Map<string, StoredTicket>();

  function deleteExpired(now: number): void {
    for (const [id, { expiresAt }] of tickets) {
      if (expiresAt > now && tickets.size <= MAX_TICKETS) return;
      tickets.delete(id);
    }
  }

  return {
    async issue(options: IssueOptions): Promise<IssuedSocketTicket> {
      const now = Date.now();
      const id = randomId();
      const expiresAt = now + SOCKET_TICKET_LIFETIME * 1_000;
      tickets.set(id, { ...options, expiresAt });
      deleteExpired(now);
      const { secrets, binding } = identity();
      const ticket = await signSocketTicket({ userId, id }, expiresAt, { secrets: secrets.jwt, audience: binding });
      return { ticket, expiresAt: new Date(expiresAt) };
    },

    /**
     * Redeems a ticket, once. Of concurrent attempts, the first succeeds.
     *
     * @returns a failure if it was used, expired or is for another object, or if the session has ended
     */
    redeem(
      id: string,
      { organizationId, isForApp = false }: TicketTarget,
    ): Result<RedeemedSocketTicket, Failure<"TICKET_INVALID">> {
      const ticket = tickets.get(id);
      tickets.delete(id);
      if (!ticket || ticket.expiresAt <= Date.now()) return failure("TICKET_INVALID");
      const { target } = ticket;
      if (target.organizationId !== organizationId || (target.isForApp ?? false) !== isForApp)
        return failure("TICKET_INVALID");
      const { caller, accessExpiresAt } = ticket;
      return authorize(caller) ? success({ caller, expiresAt: accessExpiresAt }) : failure("TICKET_INVALID");
    },
  };
}
