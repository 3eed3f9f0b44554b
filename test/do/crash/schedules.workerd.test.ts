import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail } from "../../fixtures/browser.js";
import { expectStops, runAlarms, stopEverywhere } from "./stop-everywhere.js";

const MINUTE = 60_000;

describe("an object that is stopped after each step of its schedules", { timeout: 480_000 }, () => {
  it("runs each schedule once for each of its due times", async () => {
    const stops = await stopEverywhere({
      cleanUp: false,
      async once() {
        const email = freshEmail();
        const created = await createCaller<AppRouter>(env.CRASH_DO)
          .asSystem()
          .admin.users.create({ email, emailVerified: true });
        return createCaller<AppRouter>(env.CRASH_DO).asUser(created);
      },
      async before(caller) {
        await runAlarms();
        for (const { name } of (await caller.schedule.list()).items) await caller.schedule.cancel({ name });
        const name = crypto.randomUUID();
        const minute = (new Date().getUTCMinutes() + 1) % 60;
        return { caller, name, at: new Date(Date.now() + MINUTE / 2), cron: `${minute} * * * *` };
      },
      run: (world) => set(world),
      again: (world) => set(world),
      async after({ caller, name }) {
        const notes = (await caller.notes.list()).map(({ text }) => text).filter((text) => text.startsWith(name));
        // The clock moved by two minutes, and then by more than two hours, of which the missed times run once.
        expect(notes.toSorted()).toEqual([`${name} at`, `${name} cron`, `${name} cron`]);
        const { items } = await caller.schedule.list();
        expect(items.map((item) => item.name)).toEqual([`${name} cron`]);
      },
    });
    expectStops(stops, "user");
    expect(stops.length).toBeGreaterThan(6);

    interface World {
      readonly caller: ReturnType<ReturnType<typeof createCaller<AppRouter>>["asUser"]>;
      readonly name: string;
      readonly at: Date;
      readonly cron: string;
    }

    async function set({ caller, name, at, cron }: World): Promise<void> {
      await caller.schedule.at(at, "notes.create", { text: `${name} at` }, { name: `${name} at` });
      await caller.schedule.every(cron, "notes.create", { text: `${name} cron` }, { name: `${name} cron` });
    }
  });
});
