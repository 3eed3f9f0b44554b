import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { signUp } from "../../fixtures/browser.js";
import { join, signUpVerified } from "../../fixtures/organizations.js";
import { openSocket, subscribe } from "../../fixtures/socket.js";
import { message } from "../../fixtures/signals.js";

const server = createCaller<AppRouter>(env.BLOG_DO);
const note = { text: "later" };
const refused = (reason: string) => ({ data: { reason } });

describe("the schedule procedures of clients", () => {
  it("list the user's own schedules, and cancel those that are cancellable", async () => {
    const [ada, other] = [await signUp(), await signUp()];
    const caller = server.asUser({ userId: ada.user.id });
    await caller.schedule.in(3600, "notes.create", note, { name: "fixed" });
    await caller.schedule.in(7200, "notes.create", note, { name: "free", cancellable: true });
    const { items } = await ada.client.schedule.list.query();
    expect(items.map(({ name, cancellable }) => [name, cancellable])).toEqual([
      ["fixed", false],
      ["free", true],
    ]);
    await expect(ada.client.schedule.cancel.mutate({ name: "fixed" })).rejects.toMatchObject(refused("SYSTEM_ONLY"));
    expect(await ada.client.schedule.cancel.mutate({ name: "free" })).toBe(true);
    expect(await ada.client.schedule.cancel.mutate({ name: "free" })).toBe(false);
    expect((await other.client.schedule.list.query()).items).toEqual([]);
    expect(await caller.schedule.cancel({ name: "fixed" })).toBe(true);
  });

  it("cannot be live", async () => {
    const { browser } = await signUp();
    const socket = await openSocket(browser);
    socket.send(subscribe(1, "_live", undefined, { path: "schedule.list" }));
    await expect.poll(() => JSON.stringify(socket.frames)).toContain("LIVE_QUERY_EXTERNAL");
  });

  it("do not set schedules", async () => {
    const { browser } = await signUp();
    const input = { seconds: 0, path: "notes.create", input: note, name: "mine" };
    for (const path of ["schedule.in", "schedule.at", "schedule.every", "schedule.retry"]) {
      const response = await browser.fetch(`/trpc/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ json: input }),
      });
      expect(await response.text()).toContain("SYSTEM_ONLY");
    }
  });

  it("need a permission in an organization, and do not reach the app's schedules", async () => {
    const [owner, member] = [await signUpVerified(), await signUpVerified()];
    const { id: organizationId } = await owner.client.organizations.create.mutate({ name: "Acme" });
    await join(organizationId, { by: owner, who: member, role: "member" });
    const options = { name: "report", organizationId, cancellable: true };
    await server.asSystem().schedule.in(3600, "projects.create", { name: "later" }, options);
    const list = { organizationId };
    expect((await owner.client.schedule.list.query(list)).items).toMatchObject([{ name: "report" }]);
    const cancel = { name: "report", organizationId };
    await expect(member.client.schedule.list.query(list)).rejects.toMatchObject(refused("MISSING_PERMISSION"));
    await expect(member.client.schedule.cancel.mutate(cancel)).rejects.toMatchObject(refused("MISSING_PERMISSION"));
    const stranger = await signUp();
    await expect(stranger.client.schedule.list.query(list)).rejects.toMatchObject(refused("NOT_A_MEMBER"));
    expect(await owner.client.schedule.cancel.mutate(cancel)).toBe(true);
    const socket = await openSocket(stranger.browser, "/trpc?app");
    socket.send(message(1, "query", "schedule.list"));
    socket.send(message(2, "mutation", "schedule.cancel", { name: "report" }));
    const frames = await socket.until(2);
    expect(JSON.stringify(frames).match(/SYSTEM_ONLY/g)).toHaveLength(2);
  });
});
