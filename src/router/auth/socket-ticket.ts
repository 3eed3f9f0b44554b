import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";
import { servicesOf } from "../services.js";
import { misplaced } from "./misplaced.js";

// Not `organizationId`: that key sends a call to the organization's object.
const ticketInput = z.strictObject({ organization: z.string().min(1).max(128).optional() }).optional();

/**
 * Issues a ticket for one socket, to an organization's object or the user's own. For clients that authenticate by a token and
 * cannot send it with a socket, as in a browser: they append the ticket to the socket's URL as the parameter `ticket`. It
 * works once, for 30 seconds, and ends with the session.
 *
 * @throws UNAUTHORIZED for nobody, BAD_REQUEST when it is not called over HTTP
 */
export const socketTicket = builtinRoot.socketTicketProcedure
  .input(ticketInput)
  .mutation(({ ctx, input }) => (servicesOf(ctx)?.socketTicket ?? misplaced())(input?.organization));
