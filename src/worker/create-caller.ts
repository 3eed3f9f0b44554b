import { createTRPCRecursiveProxy, TRPCError, type AnyTRPCRouter, type TRPCRouterCaller } from "@trpc/server";
import superjson from "superjson";
import { containsTag } from "../shared/contains-tag.js";
import type { Reply } from "../shared/call.js";
import type { Caller } from "../shared/caller.js";
import type { ErrorReason } from "../shared/error-reason.js";
import { lastEventIdIn } from "../shared/last-event-id.js";
import { stubOf, type ObjectNamespace, type ObjectStub } from "../shared/object-stub.js";
import { parseName, toName, type Address } from "../shared/owner.js";
import { readStream } from "./streams/read-stream.js";
import { ForwardedError } from "./calls/forwarded-error.js";
import { WatchedInput } from "./streams/watch-query.js";
import { organizationOf } from "./calls/resolve-target.js";

/** The router's procedures as functions: inputs and outputs are the router's own, with no serializer between. */
export type ServerCaller<TRouter extends AnyTRPCRouter> = ReturnType<
  TRPCRouterCaller<TRouter["_def"]["_config"]["$types"], TRouter["_def"]["record"]>
>;

export interface CallerFactory<TRouter extends AnyTRPCRouter> {
  /** Calls as one user: in their own object, or in an organization of theirs when the input names one. */
  asUser(user: { readonly userId: string }): ServerCaller<TRouter>;
  /** Calls as the app itself: only an organization's procedures, with its `organizationId` in the input. */
  asSystem(): ServerCaller<TRouter>;
}

/**
 * Calls the app's procedures from another Worker, a queue consumer or a cron, straight over Workers RPC. Whoever
 * holds the binding may act for anyone: there is no session and no password.
 *
 * @throws TRPCError from each call: the procedure's own, NOT_FOUND when there is no such user, BAD_REQUEST for a call as
 * the system that names no organization
 */
export function createCaller<TRouter extends AnyTRPCRouter>(
  namespace: Pick<ObjectNamespace, "getByName">,
): CallerFactory<TRouter> {
  const proxy = (caller: Caller): ServerCaller<TRouter> =>
    createTRPCRecursiveProxy<ServerCaller<TRouter>>(async ({ path, args }) => {
      const [input] = args;
      if (containsTag(input, /FormData|File]/)) throw fileInput();
      const name = path.join(".");
      const call =
        input instanceof WatchedInput ? input.toCall(name) : { path: name, input, lastEventId: lastEventIdIn(input) };
      const stub = stubOf(namespace, addressOf(caller, call.input));
      const [reply] = await stub.trpc(caller, [call]);
      return unpack(reply, stub);
    });

  return {
    asUser: ({ userId }) => proxy({ type: "user", userId, via: "rpc" }),
    asSystem: () => proxy({ type: "system" }),
  };
}

function addressOf(caller: Caller, input: unknown): Address {
  const namesOne = typeof input === "object" && input !== null && "organizationId" in input;
  if (namesOne) return organizationOf(input);
  if (caller.type !== "user") throw noOwner();
  const address = parseName(toName({ type: "user", id: caller.userId }));
  if (address) return address;
  throw new TRPCError({ code: "NOT_FOUND", message: "There is no such user." });
}

/** Blobs and streams cross Workers RPC. */
function fileInput(): ForwardedError {
  return new ForwardedError({
    code: -32_015,
    message:
      "Workers RPC cannot send FormData or a File. Send the fields as an object, and the file as a Uint8Array or a Blob with its name " +
      "beside it.",
    data: { code: "UNSUPPORTED_MEDIA_TYPE", httpStatus: 415, reason: "BINARY_INPUT" satisfies ErrorReason },
  });
}

function noOwner(): TRPCError {
  return new TRPCError({
    code: "BAD_REQUEST",
    message:
      "Calls as the system go to an organization: add its `organizationId` to the input. A user's procedures are " +
      "called with asUser({ userId }).",
  });
}

function unpack(reply: Reply | undefined, stub: ObjectStub): unknown {
  if (!reply) throw new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: "The object left the call unanswered." });
  if (!reply.ok) throw new ForwardedError(reply.error, reply.cause);
  if (reply.stream !== undefined) {
    // As the types of a caller have it: tRPC's own hands its internal envelopes out here.
    const track = (id: string, data: unknown) => ({ id, data });
    return readStream({ stub, ticket: reply.stream, transformer: superjson, track });
  }
  return reply.encoding === "superjson" ? superjson.parse(reply.data) : reply.data;
}
