import { env } from "cloudflare:workers";
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import type { OutboxDO } from "../../fixtures/app/outbox-do.js";

let count = 0;

function pair() {
  const names = { sender: `sender ${++count}`, receiver: `receiver ${count}` };
  // Fresh stubs each time, because a stub stays broken after its object was reset.
  return {
    to: names.receiver,
    sender: () => env.OUTBOX_DO.getByName(names.sender),
    receiver: () => env.OUTBOX_DO.getByName(names.receiver),
  };
}

type Stub = DurableObjectStub<OutboxDO>;

const empty = (stub: () => Stub) =>
  vi.waitFor(async () => expect(await stub().waiting()).toBe(0), { timeout: 10_000, interval: 25 });

describe("the outbox", () => {
  it("delivers each message once and in order", async () => {
    const { to, sender, receiver } = pair();
    const texts = Array.from({ length: 50 }, (_, index) => `message ${index}`);
    for (const text of texts) await sender().write(to, text);
    await empty(sender);
    expect(await receiver().effects()).toEqual(texts);
  });

  it("commits a message together with its cause, or neither", async () => {
    const { to, sender, receiver } = pair();
    await expect(
      runInDurableObject(sender(), (instance: OutboxDO) => instance.write(to, "undone", { fail: true })),
    ).rejects.toThrow("The cause failed.");
    expect(await sender().causes()).toEqual([]);
    expect(await sender().waiting()).toBe(0);
    expect(await runInDurableObject(sender(), (_instance, state) => state.storage.getAlarm())).toBeNull();
    expect(await receiver().effects()).toEqual([]);
  });

  it("sends a message again when its reply was lost, and it takes effect once", async () => {
    const { to, sender, receiver } = pair();
    await receiver().setFault("reply lost");
    await sender().write(to, "once");
    await sender().write(to, "and once");
    await eventually(async () => expect(await receiver().deliveryAttempts()).toBeGreaterThan(0));
    await sender().makeDue();
    await vi.waitFor(async () => expect(await receiver().deliveryAttempts()).toBeGreaterThan(1), { timeout: 5_000 });
    await receiver().setFault("none");
    await sender().makeDue();
    await empty(sender);
    expect(await receiver().effects()).toEqual(["once", "and once"]);
  });

  it("waits with growing pauses for an unreachable receiver, and reports that once", async () => {
    const { to, sender, receiver } = pair();
    await receiver().setFault("unreachable");
    await sender().write(to, "patient");
    const dues: number[] = [];
    for (let round = 0; round < 3; round++) {
      await vi.waitFor(async () => expect(await receiver().deliveryAttempts()).toBe(round + 1), { timeout: 5_000 });
      await eventually(async () => {
        const [row] = await rowsOf(sender());
        expect(row?.["attempts"]).toBe(round + 1);
        dues.push(Number(row?.["due"]) - Date.now());
      });
      await sender().makeDue();
    }
    expect(dues[0]).toBeGreaterThan(500);
    expect(dues[1]).toBeGreaterThan(1_500);
    expect(dues[2]).toBeGreaterThan(3_000);
    expect(await runInDurableObject(sender(), (instance: OutboxDO) => instance.errors)).toEqual([
      'The message "note" to receiver ' +
        to.split(" ")[1] +
        " could not be delivered and will be retried: Unreachable.",
    ]);
    await receiver().setFault("none");
    await sender().makeDue();
    await empty(sender);
    expect(await receiver().effects()).toEqual(["patient"]);
  });

  it.each([
    ["reset", "OBJECT_RESET", 500],
    ["overloaded", "OBJECT_OVERLOADED", 4_000],
  ] as const)("reports why a receiver did not reply, and waits for it: %s", async (fault, reason, pause) => {
    const { to, sender, receiver } = pair();
    await receiver().setFault(fault);
    await sender().write(to, "patient");
    await eventually(async () => {
      const [row] = await rowsOf(sender());
      expect(row?.["attempts"]).toBe(1);
      expect(Number(row?.["due"]) - Date.now()).toBeGreaterThan(pause);
    });
    expect(await runInDurableObject(sender(), (instance: OutboxDO) => instance.reasons)).toEqual([reason]);
    await receiver().setFault("none");
    await sender().makeDue();
    await empty(sender);
    expect(await receiver().effects()).toEqual(["patient"]);
  });

  it("holds back later messages to the same receiver after a failed one, and no others", async () => {
    const { to, sender, receiver } = pair();
    const third = `third ${count}`;
    await sender().write(to, "before");
    await sender().write(to, "poison");
    await sender().write(to, "behind");
    await sender().write(third, "elsewhere");
    await eventually(async () => expect(await env.OUTBOX_DO.getByName(third).effects()).toEqual(["elsewhere"]));
    await eventually(async () => expect(await receiver().effects()).toEqual(["before"]));
    expect(await sender().waiting()).toBe(2);
  });

  it("keeps a message of a newer version, with growing pauses, and delivers it when that version is back", async () => {
    const { to, sender, receiver } = pair();
    const [third, fourth] = [`third ${count}`, `fourth ${count}`];
    await sender().write(to, "before");
    await empty(sender);
    await runInDurableObject(sender(), (_instance, { storage: { sql } }) => {
      const row = (target: string, seq: number, kind: string, payload: string) =>
        sql.exec("INSERT INTO _outbox VALUES (?, ?, ?, ?, 1, NULL, 0, 0)", target, seq, kind, payload);
      row(to, 2, "newer", '{"shape":["of","a","newer","version"]}');
      sql.exec("UPDATE _outbox_seq SET seq = 2 WHERE target = ?", to);
      row(fourth, 1, "note", "no JSON");
    });
    await sender().write(to, "behind");
    await sender().write(third, "elsewhere");
    await sender().makeDue();
    await eventually(async () => expect(await env.OUTBOX_DO.getByName(third).effects()).toEqual(["elsewhere"]));
    const waitingTo = async (target: string) => (await rowsOf(sender())).filter((row) => row["target"] === target);
    const pauses: number[] = [];
    for (let attempts = 2; attempts <= 4; attempts++) {
      await sender().makeDue();
      await eventually(async () => {
        const [row] = await waitingTo(to);
        expect(Number(row?.["attempts"])).toBeGreaterThanOrEqual(attempts);
        pauses.push(Number(row?.["due"]) - Date.now());
      });
    }
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect((await waitingTo(to)).map(({ kind }) => kind)).toEqual(["newer", "note"]);
    expect(await waitingTo(fourth)).toHaveLength(1);
    expect(await receiver().effects()).toEqual(["before"]);
    expect(await sender().deadLetters()).toEqual([]);
    const errors = await runInDurableObject(sender(), (instance: OutboxDO) => instance.errors);
    expect(errors.filter((error) => error.includes('kind "newer"'))).toHaveLength(1);
    expect(errors).toHaveLength(2);

    await runInDurableObject(sender(), (_instance, { storage: { sql } }) => {
      sql.exec(`UPDATE _outbox SET kind = 'note', payload = '"newer"' WHERE kind = 'newer'`);
      sql.exec(`UPDATE _outbox SET payload = '"JSON"' WHERE payload = 'no JSON'`);
    });
    await sender().makeDue();
    await empty(sender);
    expect(await receiver().effects()).toEqual(["before", "newer", "behind"]);
    expect(await env.OUTBOX_DO.getByName(fourth).effects()).toEqual(["JSON"]);
  });

  it("restores a missing alarm from the tables at start", async () => {
    const { to, sender, receiver } = pair();
    await receiver().setFault("unreachable");
    await sender().write(to, "kept");
    await eventually(async () => expect(await receiver().deliveryAttempts()).toBe(1));
    await eventually(async () => expect((await rowsOf(sender()))[0]?.["attempts"]).toBe(1));
    await receiver().setFault("none");
    await runInDurableObject(sender(), (_instance, state) => {
      state.storage.sql.exec("UPDATE _outbox SET due = 0");
      return state.storage.deleteAlarm();
    });
    await evictDurableObject(sender());
    await empty(sender);
    expect(await receiver().effects()).toEqual(["kept"]);
  });

  it("loses and duplicates nothing when both ends crash between any two steps", async () => {
    const { to, sender, receiver } = pair();
    const texts = Array.from({ length: 12 }, (_, index) => `message ${index}`);
    for (const [index, text] of texts.entries()) {
      await sender().write(to, text);
      await receiver().setFault(index % 3 === 1 ? "reply lost" : "none");
      if (index % 2 === 0) await abortAllDurableObjects();
    }
    await receiver().setFault("none");
    await sender().makeDue();
    await empty(sender);
    expect(await receiver().effects()).toEqual(texts);
  });

  it("sends nothing twice when an alarm runs twice", async () => {
    const { to, sender, receiver } = pair();
    await sender().write(to, "once");
    await Promise.all([runDurableObjectAlarm(sender()), runDurableObjectAlarm(sender())]);
    await empty(sender);
    expect(await receiver().effects()).toEqual(["once"]);
  });

  it("delivers from an object that was erased and counts from 1 again", async () => {
    const { to, sender, receiver } = pair();
    await sender().write(to, "first life");
    await empty(sender);
    await runInDurableObject(sender(), async (_instance, state) => {
      await state.storage.deleteAll();
      state.abort("erased");
    }).catch(() => {});
    await sender().write(to, "second life");
    await empty(sender);
    expect(await receiver().effects()).toEqual(["first life", "second life"]);
  });

  it("turns mail that cannot be sent into a dead letter with the reason, and stores nothing of its contents", async () => {
    const { sender } = pair();
    await sender().mail("cannot be sent");
    await empty(sender);
    const dead = await sender().deadLetters();
    expect(dead).toMatchObject([{ target: "mail", kind: "note", attempts: 1, error: "There is no hook." }]);
    expect(JSON.stringify(dead)).not.toContain("cannot be sent");
    expect(await runInDurableObject(sender(), (instance: OutboxDO) => instance.errors)).toEqual([
      'The message "note" to the mail hook was given up as a dead letter: There is no hook.',
    ]);
  });

  it("sends other mails while one fails", async () => {
    const { sender } = pair();
    await sender().mail("later");
    await sender().mail("now");
    await eventually(async () =>
      expect(await runInDurableObject(sender(), (instance: OutboxDO) => instance.mails)).toEqual(["now"]),
    );
    expect(await sender().waiting()).toBe(1);
  });

  it("drops expired messages and records that", async () => {
    const { to, sender, receiver } = pair();
    await sender().write(to, "too late", { expiresAt: Date.now() - 1 });
    await empty(sender);
    expect(await receiver().effects()).toEqual([]);
    expect(await sender().deadLetters()).toMatchObject([{ error: "The message expired before it was delivered." }]);
  });
});

function rowsOf(stub: Stub): Promise<Record<string, SqlStorageValue>[]> {
  return runInDurableObject(stub, (_instance, state) => state.storage.sql.exec("SELECT * FROM _outbox").toArray());
}
