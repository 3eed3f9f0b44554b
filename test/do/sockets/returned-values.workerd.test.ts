import { env } from "cloudflare:workers";
import type { TRPCClient } from "@trpc/client";
import { createCaller } from "trpc-userdo/worker";
import { expect, it } from "vitest";
import type { InputsRouter } from "../../fixtures/app/inputs.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";

async function start() {
  const browser = openBrowser();
  const stream = browser.client("stream", "/inputs") as unknown as TRPCClient<InputsRouter>;
  const { user } = await stream.auth.signup.mutate({ email: freshEmail(), password });
  return { stream, caller: createCaller<InputsRouter>(env.INPUTS_DO).asUser({ userId: user.id }) };
}

/** All yielded values of an iterable, and its return value. */
async function all(iterable: AsyncIterable<unknown>): Promise<readonly [unknown[], unknown]> {
  const iterator = iterable[Symbol.asyncIterator]();
  const yielded: unknown[] = [];
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return [yielded, value];
    yielded.push(value);
  }
}

it("delivers the value that a generator in an object returns", async () => {
  const { stream, caller } = await start();
  const right = [["one"], { at: new Date(5) }];
  expect(await all(await stream.returning.query())).toEqual(right);
  expect(await all(await caller.returning())).toEqual(right);
});

it("ends a generator that returns nothing", async () => {
  const { stream, caller } = await start();
  expect(await all(await stream.returningNothing.query())).toEqual([["one"], undefined]);
  expect(await all(await caller.returningNothing())).toEqual([["one"], undefined]);
});

it("masks the failure of a returned value that cannot be serialized", async () => {
  const { stream } = await start();
  await expect(stream.returningUnserializable.query().then(all)).rejects.toThrow("Something went wrong on the server");
});
