import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";
import { ReasonedError } from "../reasoned-error.js";
import { servicesOf } from "../services.js";

// Not `organizationId`, because that key routes a call to the organization's object.
const ticketInput = z.strictObject({ organization: z.string().min(1).max(128).optional() }).optional();

/**
 * Issues a ticket that opens one socket, to an organization's object or to the user's own. For clients that authenticate with a
 * token and cannot send it with a socket, as in a browser: they append the ticket to the socket's URL as the parameter
 * `ticket`. A ticket works once, within 30 seconds, and expires with the session.
 *
 * @throws UNAUTHORIZED (NOT_SIGNED_IN), BAD_REQUEST (HTTP_REQUIRED)
 */
export const socketTicket = builtinRoot.socketTicketProcedure.input(ticketInput).mutation(({ ctx, input }) => {
  const issueTicket = servicesOf(ctx)?.socketTicket;
  if (!issueTicket) throw requiresHttp();
  return issueTicket(input?.organization);
});

function requiresHttp(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "HTTP_REQUIRED",
    message: "`auth.socketTicket` works over HTTP only. Call it through the Worker's handler, with a session.",
  });
}
