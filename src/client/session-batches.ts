import type { OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { sessionCallOf, type ClientSession } from "./client-sessions.js";

type Link = OperationLink<AnyTRPCRouter>;

/**
 * Batches only calls of the same session, so that no call is sent with the credentials of another session. A call that signs
 * in or out is sent alone: it ends the other calls, which would abort a request that they share.
 */
export function createSessionBatches(create: (session: ClientSession) => Link): Link {
  const links = new WeakMap<ClientSession, Link>();
  return (chain) => {
    const { change, session } = sessionCallOf(chain.op);
    const link = (!change && links.get(session)) || create(session);
    if (!change) links.set(session, link);
    return link(chain);
  };
}
