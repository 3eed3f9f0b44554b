import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { freshEmail, openBrowser, password } from "../fixtures/browser.js";
import { eventsOf, openSocket, subscribe } from "../fixtures/socket.js";

it("keeps the log of 100,000 writes within its limit, and sends one reset for a pruned cursor", async () => {
  const browser = openBrowser();
  const client = browser.client("batch", "/other");
  const { user } = await client.auth.signup.mutate({ email: freshEmail(), password });
  const object = env.OTHER_DO.getByName(`user:${user.id}`);
  const logLength = () =>
    runInDurableObject(object, (_instance, state) =>
      Number(state.storage.sql.exec("SELECT count(*) AS n FROM _changes").one()["n"]),
    );

  const first = await openSocket(browser, "/other");
  first.send(subscribe(1, "posts.changes"));
  await first.until(1);
  await object.fill(1);
  await first.until(2);
  const old = eventsOf(first.frames)[0]?.cursor;
  first.socket.close();

  for (let part = 0; part < 20; part++) await object.fill(5_000);
  // Pruned by the object's own alarm, or by this one: a page at a time, to a tenth above the limit.
  for (let run = 0; run < 50 && (await logLength()) > 1_100; run++) await runDurableObjectAlarm(object);
  expect(await logLength()).toBeLessThanOrEqual(1_100);

  const again = await openSocket(browser, "/other");
  again.send(subscribe(1, "posts.changes", old));
  // A write that comes before is part of the reset.
  await again.until(2);
  const id = await object.fill(1);
  await again.until(3);
  expect(eventsOf(again.frames)).toMatchObject([{ change: { type: "reset" } }, { change: { type: "create", id } }]);
}, 300_000);
