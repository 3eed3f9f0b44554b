import { TRPCError } from "@trpc/server";
import { ReasonedError } from "../../router/reasoned-error.js";
import { CLOSE_TOO_MANY } from "../../shared/close-codes.js";

/** The reason that a socket is closed with when its session is over. */
export const sessionEnded = "The session is over.";

/** The reason that a socket is closed with when its caller is no member. */
export const noMember = "Only members may listen to this organization.";

export function tooLarge(bytes: number): TRPCError {
  return new TRPCError({
    code: "PAYLOAD_TOO_LARGE",
    message: `A message has at most ${bytes} bytes. Send less at a time, or use HTTP.`,
  });
}

export function duplicateId(id: string | number): TRPCError {
  return new TRPCError({ code: "BAD_REQUEST", message: `Duplicate id ${id}` });
}

export function tooManySubscriptions(most: number, where: "socket" | "object"): TRPCError {
  const cure = where === "socket" ? "Stop some, or open another socket." : "Stop some first.";
  return new TRPCError({
    code: "BAD_REQUEST",
    message: `There are ${most} subscriptions on this ${where} already. ${cure}`,
  });
}

export function tooMuchInput(bytes: number): TRPCError {
  return new TRPCError({
    code: "PAYLOAD_TOO_LARGE",
    message: `The inputs of a socket's subscriptions take at most ${bytes} bytes together. Stop some, or send smaller inputs.`,
  });
}

export function inputsTakeTooMuch(): TRPCError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    message:
      "The inputs of all subscriptions to this object take too much of its memory. Stop some, or send smaller inputs.",
    reason: "OBJECT_OVERLOADED",
  });
}

export function tooMuchWaits(): TRPCError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    message: "Too many messages wait to be answered by this object. Send the message again in a moment.",
    reason: "OBJECT_OVERLOADED",
    retryAfter: 1,
  });
}

export function resultTooLarge(bytes: number): TRPCError {
  return new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    message: `A live query's result has at most ${bytes} bytes on the wire. Select fewer fields, or a page of the rows.`,
    reason: "RESULT_TOO_LARGE",
  });
}

/** Names the limit of one member of an organization that a call, a subscription or a socket would exceed. */
export function memberQuota(quota: "subscriptions" | "subscriptionBytes" | "calls", most: number): TRPCError {
  const message = {
    subscriptions: `You have ${most} subscriptions to this organization already. Stop some, or close other pages.`,
    subscriptionBytes: `The inputs of your subscriptions to this organization take at most ${most} bytes together. Stop some, or send smaller inputs.`,
    calls: `You have ${most} calls to this organization under way already. Wait for some of their answers.`,
  }[quota];
  return new ReasonedError({ code: "TOO_MANY_REQUESTS", message, reason: "MEMBER_QUOTA" });
}

/** Accepted and closed at once: a refused upgrade would not tell a browser why. */
export function tooManySockets(limit: "object" | "member"): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  const reasons = {
    object: "There are too many sockets to this object. Try again later.",
    member: "You have too many sockets to this organization. Close other pages.",
  };
  server.close(CLOSE_TOO_MANY, reasons[limit]);
  return new Response(null, { status: 101, webSocket: client });
}

export function cannotResume(): TRPCError {
  return new TRPCError({
    code: "SERVICE_UNAVAILABLE",
    message:
      "The object slept, and this subscription cannot go on where it was. Subscribe again; to make it resume by " +
      "itself, yield tracked(id, data) or return a source such as ctx.tables.<table>.changes().",
  });
}
