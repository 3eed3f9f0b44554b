import { describe, expect, it, test } from "vitest";
import type { InternalRequest, WireReply } from "../../src/shared/internal.js";
import { failure, success } from "../../src/shared/result.js";
import { readReply, sendInternal, sendInternalRead, toWireReply } from "../../src/shared/send-internal.js";

const tokens = { accessToken: "a", refreshToken: "r" };
const clientFailure = {
  ...failure("CLIENT_ERROR"),
  error: { code: "BAD_REQUEST", message: "Choose a longer password.", reason: "PASSWORD_TOO_SHORT" },
  mailed: true,
} as const;

/** Each reply as this version and an earlier one send it. */
// The contents of a value do not matter here.
const replies = [
  ["createAccount", success({ tokens }), { tokens }],
  ["createAccount", failure("ACCOUNT_EXISTS"), "exists"],
  ["createAccount", clientFailure, { refused: clientFailure.error, mailed: true }],
  ["login", success({ tokens }), { tokens }],
  ["login", failure("WRONG_CREDENTIALS"), "refused"],
  ["login", failure("UNKNOWN_DEVICE"), "unknown device"],
  ["login", { ...clientFailure, mailed: undefined }, { refused: clientFailure.error }],
  ["reserveAddress", success("reserved"), "reserved"],
  ["reserveAddress", failure("EMAIL_TAKEN"), "taken"],
  ["reserveAddress", failure("TOO_MANY_MAILS"), "too often"],
  ["countMail", success(true), true],
  ["countMail", failure("TOO_MANY_MAILS"), false],
  ["refresh", success(tokens), tokens],
  ["refresh", failure("SESSION_ENDED"), "ended"],
  ["refresh", failure("SESSION_REPLACED"), "replaced"],
  ["loadSession", success({ user: {} }), { user: {} }],
  ["loadSession", failure("SESSION_NOT_FOUND"), null],
  ["redeemSocketTicket", success({ expiresAt: 1 }), { expiresAt: 1 }],
  ["redeemSocketTicket", failure("TICKET_INVALID"), null],
  ["lease", success(1), 1],
  ["lease", failure("SESSION_ENDED"), "ended"],
  ["lease", failure("SESSION_REPLACED"), "replaced"],
  ["answerInvitation", success("accepted"), "accepted"],
  ["answerInvitation", success("declined"), "declined"],
  ["answerInvitation", failure("INVITATION_INVALID"), "invalid"],
  ["admitInvitation", success(true), true],
  ["admitInvitation", failure("TOO_MANY_INVITATIONS"), false],
  ["reportEntry", success({ id: "u" }), { id: "u" }],
  ["reportEntry", failure("ENTRY_NOT_FOUND"), null],
  ["hasAccount", false, false],
  ["isLastOwner", true, true],
  ["deliver", { done: 1 }, { done: 1 }],
  ["leave", undefined, undefined],
] as unknown as readonly (readonly [InternalRequest["op"], WireReply, WireReply])[];

// Only the operation and the flag decide about the reply.
const request = (op: InternalRequest["op"], wantsResult?: boolean) =>
  ({ op, ...(wantsResult !== undefined && { wantsResult }) }) as unknown as InternalRequest;

describe("a deployment in which two versions call each other", () => {
  test.each(replies)("%s: a reply of %j is %j for an earlier version", (op, reply, earlier) => {
    expect(toWireReply(request(op), reply)).toEqual(earlier);
    expect(toWireReply(request(op, true), reply)).toEqual(reply);
  });

  test.each(replies)("%s: reads %j, also if an earlier version sends %3$j", (op, reply, earlier) => {
    expect(readReply(op, reply)).toEqual(reply);
    expect(readReply(op, earlier)).toEqual(reply);
  });
});

test.each(["operate", "describeUser", "exportUser", "leaseAccount", "memberRoles", "reportEntry"] as const)(
  "%s: rejects the missing reply of an earlier version, which does not know the request",
  (op) => {
    expect(() => readReply(op, undefined)).toThrow(`runs a version that does not know "${op}"`);
  },
);

it("asks the other object for a result, and returns it", async () => {
  const received: unknown[] = [];
  const stub = {
    internal: (each: InternalRequest) => {
      received.push(each);
      return Promise.resolve("replaced");
    },
  };
  const sent = { op: "lease", organizationId: "o", sessionId: "s" } as const;
  expect(await sendInternal(stub, sent)).toEqual(failure("SESSION_REPLACED"));
  expect(received).toEqual([{ ...sent, wantsResult: true }]);
});

describe("a request that only reads", () => {
  const stubError = (flags: object) => Object.assign(new Error("The stub failed."), flags);
  const missing = new TypeError('The RPC receiver does not implement the method "internalRead".');
  const appOf = ({ getByName }: { getByName(): unknown }) => ({
    objects: { getByName, jurisdiction: () => ({ getByName }) },
    appJurisdiction: undefined,
  });
  const read = (namespace: { getByName(): unknown }) =>
    sendInternalRead(appOf(namespace), { type: "user", id: "ada" }, { op: "loadSession", token: "token" });

  /** A namespace whose first stubs fail with these errors. */
  function failFirst(...errors: Error[]) {
    const sent: string[] = [];
    const getByName = () => {
      const error = errors.shift();
      const call = (method: string) => () => {
        sent.push(method);
        return error ? Promise.reject(error) : Promise.resolve({ ok: true, value: "loaded" });
      };
      return { internal: call("internal"), internalRead: call("internalRead") };
    };
    return { sent, namespace: { getByName } };
  }

  it.each<[string, Error, string[]]>([
    ["its connection was lost", stubError({ retryable: true }), ["internalRead", "internalRead"]],
    ["its object was reset", stubError({ durableObjectReset: true }), ["internalRead", "internalRead"]],
    ["its object has an earlier version", missing, ["internalRead", "internal"]],
  ])("is sent once again to a new stub if %s", async (_name, error, methods) => {
    const { sent, namespace } = failFirst(error);
    expect(await read(namespace)).toEqual({ ok: true, value: "loaded" });
    expect(sent).toEqual(methods);
  });

  it.each<[string, Error]>([
    ["its object is overloaded", stubError({ overloaded: true, retryable: true })],
    ["its object failed", stubError({})],
  ])("is not sent again if %s", async (_name, error) => {
    const { sent, namespace } = failFirst(error);
    await expect(read(namespace)).rejects.toBe(error);
    expect(sent).toEqual(["internalRead"]);
  });

  it("is not sent a third time", async () => {
    const { sent, namespace } = failFirst(stubError({ retryable: true }), stubError({ retryable: true }));
    await expect(read(namespace)).rejects.toThrow("The stub failed.");
    expect(sent).toHaveLength(2);
  });
});
