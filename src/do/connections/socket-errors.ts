import type { TRPCError } from "@trpc/server";
import { ReasonedError } from "../../router/reasoned-error.js";
import { CLOSE_TOO_MANY } from "../../shared/close-codes.js";

/** The close reason of a socket whose session has ended. */
export const sessionEnded = "The session has ended. Sign in again.";

/** The close reason of a socket of a suspended account. */
export const suspended = "This account is suspended.";

/** The close reason of a socket whose caller is not a member of the organization. */
export const noMember = "You are not a member of this organization. Ask a member to invite you.";

export function tooLarge(bytes: number): TRPCError {
  return new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    reason: "MESSAGE_TOO_LARGE",
    message: `The message is larger than ${bytes} bytes. Send smaller messages, or use HTTP.`,
  });
}

export function duplicateId(id: string | number): TRPCError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "DUPLICATE_ID",
    message: `This socket already has a subscription with the id ${id}. Use another id, or stop that subscription first.`,
  });
}

export function tooManySubscriptions(most: number, where: "socket" | "object"): TRPCError {
  const fix = where === "socket" ? "Stop some of them, or open another socket." : "Stop some of them first.";
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "TOO_MANY_SUBSCRIPTIONS",
    message: `This ${where} already has ${most} subscriptions. ${fix}`,
  });
}

export function tooMuchInput(bytes: number): TRPCError {
  return new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    reason: "INPUTS_TOO_LARGE",
    message: `The inputs of this socket's subscriptions exceed ${bytes} bytes in total. Stop some subscriptions, or send smaller inputs.`,
  });
}

export function inputsUseTooMuchMemory(): TRPCError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    message:
      "The inputs of all subscriptions to this object use too much memory. Stop some subscriptions, or send smaller inputs.",
    reason: "OBJECT_OVERLOADED",
  });
}

export function tooManyUnanswered(): TRPCError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    message: "This object has too many unanswered messages. Send the message again in a moment.",
    reason: "OBJECT_OVERLOADED",
    retryAfter: 1,
  });
}

export function resultTooLarge(bytes: number): TRPCError {
  return new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    message: `The result of this live query is larger than ${bytes} bytes. Select fewer fields, or a page of the rows.`,
    reason: "RESULT_TOO_LARGE",
  });
}

/** A call or a subscription would exceed a limit of one member of an organization. */
export function memberQuota(quota: "subscriptions" | "subscriptionBytes" | "calls", most: number): TRPCError {
  const message = {
    subscriptions: `You already have ${most} subscriptions to this organization. Stop some of them, or close other pages.`,
    subscriptionBytes: `The inputs of your subscriptions to this organization exceed ${most} bytes in total. Stop some subscriptions, or send smaller inputs.`,
    calls: `You already have ${most} pending calls to this organization. Wait for some of their results.`,
  }[quota];
  return new ReasonedError({ code: "TOO_MANY_REQUESTS", message, reason: "MEMBER_QUOTA" });
}

/** Accepts a socket and closes it at once, because browsers do not show the reason of a rejected upgrade. */
export function tooManySockets(limit: "object" | "member"): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  const reasons = {
    object: "This object has too many sockets. Try again later.",
    member: "You have too many connections to this organization. Close other pages.",
  };
  server.close(CLOSE_TOO_MANY, reasons[limit]);
  return new Response(null, { status: 101, webSocket: client });
}

export function cannotResume(): TRPCError {
  return new ReasonedError({
    code: "SERVICE_UNAVAILABLE",
    reason: "CANNOT_RESUME",
    message:
      "This subscription cannot resume after the object hibernated. Subscribe again. To make it resume by itself, yield " +
      "`tracked(id, data)`, or return a source such as `ctx.tables.<table>.changes()`.",
  });
}
