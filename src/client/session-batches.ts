import type { OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { sessionCallOf, type ClientSession } from "./client-sessions.js";

type Link = OperationLink<AnyTRPCRouter>;

/**
 * Batches the calls of one session only with each other, so that no call is sent with another session's credentials.
 * A call that signs in or out has a request of its own: the end of the calls beside it must not abort it.
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
