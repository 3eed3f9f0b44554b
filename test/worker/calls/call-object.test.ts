import { describe, expect, it } from "vitest";
import type { Call } from "../../../src/shared/call.js";
import { callObject, type SendCallsOptions } from "../../../src/worker/calls/send-calls.js";

interface Sent {
  readonly method: string;
  readonly stub: number;
}

/** Fails the first calls with these errors, and succeeds afterwards. Records the methods and stubs that were called. */
function failFirst(...errors: Error[]) {
  const sent: Sent[] = [];
  let stubs = 0;
  const call = (method: string, stub: number) => () => {
    sent.push({ method, stub });
    const error = errors.shift();
    return error ? Promise.reject(error) : Promise.resolve([{ ok: true, data: method }]);
  };
  const getByName = () => {
    const stub = ++stubs;
    return { trpc: call("trpc", stub), trpcRead: call("trpcRead", stub) };
  };
  return { sent, namespace: { getByName } };
}

const call = (type: Call["type"], idempotencyKey?: string): Call => ({
  path: "posts.list",
  type,
  input: undefined,
  idempotencyKey,
});

const lost = () => Object.assign(new Error("Network connection lost."), { retryable: true });
const overloaded = () => Object.assign(new Error("Durable Object is overloaded."), { overloaded: true });
const missing = () => new TypeError('The RPC receiver does not implement the method "trpcRead".');

/** A namespace whose object replies when `reply` is called, and the requests that it receives. */
function startObject() {
  const received: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<never[]>();
  const stub = {
    trpc(_caller: unknown, _calls: unknown, _device: unknown, requestId: string) {
      received.push({ op: "trpc", requestId });
      return promise;
    },
    internal({ op, requestId }: { readonly op: string; readonly requestId: string }) {
      received.push({ op, requestId });
      return Promise.resolve(undefined);
    },
  };
  return { received, reply: () => resolve([]), namespace: { getByName: () => stub } };
}

function send(
  { namespace }: { readonly namespace: { getByName(): unknown } },
  signal: AbortSignal,
  calls: Call[] = [{ path: "posts.list", input: undefined }],
) {
  const options = {
    configuration: { namespace: { objects: namespace } },
    caller: { type: "anonymous" },
    device: {},
    signal,
    waitUntil() {},
  };
  return callObject({ type: "user", id: "ada" }, calls, options as unknown as SendCallsOptions);
}

/** The operations that the object received, if all have the same request id. */
function operationsOf({ received }: ReturnType<typeof startObject>) {
  const requests = received as { readonly op: string; readonly requestId: string }[];
  expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(1);
  return requests.map(({ op }) => op);
}

it("notifies the object of a client that disconnects before the reply", async () => {
  const [object, leaving] = [startObject(), new AbortController()];
  const sent = send(object, leaving.signal);
  leaving.abort();
  object.reply();
  await sent;
  expect(operationsOf(object)).toEqual(["trpc", "leave"]);
});

it("notifies the object of a client that disconnected before the calls were sent", async () => {
  const object = startObject();
  const sent = send(object, AbortSignal.abort());
  object.reply();
  await sent;
  expect(operationsOf(object)).toEqual(["trpc", "leave"]);
});

it("does not notify the object of a client that disconnects after the reply", async () => {
  const [object, leaving] = [startObject(), new AbortController()];
  object.reply();
  await send(object, leaving.signal);
  leaving.abort();
  expect(operationsOf(object)).toEqual(["trpc"]);
});

describe("calls whose object was reset, in a runtime that does not repeat reads", () => {
  const ever = new AbortController().signal;

  it.each<[string, Call[], string]>([
    ["queries", [call("query"), call("query")], "trpcRead"],
    ["mutations with keys", [call("mutation", "a"), call("mutation", "b")], "trpc"],
    ["a call of unknown type with a key", [call(undefined, "a")], "trpc"],
  ])("are sent once again to a new stub: %s", async (_name, calls, method) => {
    const object = failFirst(lost());
    expect(await send(object, ever, calls)).toEqual([{ ok: true, data: method }]);
    expect(object.sent).toEqual([
      { method, stub: 1 },
      { method, stub: 2 },
    ]);
  });

  it("are not sent a third time", async () => {
    const object = failFirst(lost(), lost());
    await expect(send(object, ever, [call("query")])).rejects.toThrow("Network connection lost.");
    expect(object.sent).toHaveLength(2);
  });

  it.each<[string, Call[]]>([
    ["a mutation", [call("mutation")]],
    ["a query beside a mutation", [call("query"), call("mutation")]],
    ["a mutation with a key beside one without", [call("mutation", "a"), call("mutation")]],
    ["a subscription", [call("subscription")]],
    ["a call of unknown type", [call(undefined)]],
  ])("are not sent again: %s", async (_name, calls) => {
    const object = failFirst(lost());
    await expect(send(object, ever, calls)).rejects.toThrow("Network connection lost.");
    expect(object.sent).toEqual([{ method: "trpc", stub: 1 }]);
  });

  it.each<[string, Call[]]>([
    ["a query", [call("query")]],
    ["a mutation with a key", [call("mutation", "a")]],
  ])("are not sent again to an overloaded object: %s", async (_name, calls) => {
    const object = failFirst(overloaded());
    await expect(send(object, ever, calls)).rejects.toThrow("overloaded");
    expect(object.sent).toHaveLength(1);
  });

  it("are not sent again after the client disconnected", async () => {
    const object = failFirst(lost());
    const leaving = new AbortController();
    const sent = send(object, leaving.signal, [call("query")]);
    Object.assign(object.namespace, { getByName: () => ({ internal: () => Promise.resolve() }) });
    leaving.abort();
    await expect(sent).rejects.toThrow("Network connection lost.");
    expect(object.sent).toHaveLength(1);
  });

  it("reach an object of an earlier version, which has one method for all calls", async () => {
    const object = failFirst(missing());
    expect(await send(object, ever, [call("query")])).toEqual([{ ok: true, data: "trpc" }]);
    expect(object.sent.map(({ method }) => method)).toEqual(["trpcRead", "trpc"]);
  });
});
