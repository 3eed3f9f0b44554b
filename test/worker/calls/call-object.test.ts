import { expect, it } from "vitest";
import type { Call } from "../../../src/shared/call.js";
import { callObject, type SendCallsOptions } from "../../../src/worker/calls/send-calls.js";

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

function send({ namespace }: ReturnType<typeof startObject>, signal: AbortSignal) {
  const options = { configuration: { namespace }, caller: { type: "anonymous" }, device: {}, signal, waitUntil() {} };
  const calls: Call[] = [{ path: "posts.list", input: undefined }];
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
