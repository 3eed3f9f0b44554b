import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, it } from "vitest";

it("runs code inside a Durable Object with SQLite", async () => {
  const one = await runInDurableObject(env.BARE_DO.getByName("a"), (_, state) =>
    state.storage.sql.exec<{ one: number }>("select 1 as one").one(),
  );
  expect(one).toEqual({ one: 1 });
});

it("answers a path that is not its own with 404", async () => {
  expect((await exports.default.fetch("https://app.test/")).status).toBe(404);
});
