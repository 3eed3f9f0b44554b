import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { createCaller } from "../../../src/worker/create-caller.js";
import { openBrowser, signUp } from "../../fixtures/browser.js";
import { openSocket, subscribe } from "../../fixtures/socket.js";
import type { AppRouter } from "../../fixtures/app/router.js";

const caller = createCaller<AppRouter>(env.BLOG_DO);

describe("account.export", () => {
  it("sends every record over a socket and then completes", async () => {
    const ada = await signUp();
    const socket = await openSocket(ada.browser);
    await ada.client.posts.create.mutate({ title: "One", body: "" });
    const id = 1;
    socket.send(subscribe(id, "account.export"));
    await eventually(() =>
      expect(socket.frames.filter((frame) => frame.id === id).at(-1)?.result?.type).toBe("stopped"),
    );
    const received = socket.frames.filter((frame) => frame.id === id && frame.result?.type === "data");
    const records = received.map((frame) => frame.result?.data?.json as { type: string });
    expect(records[0]).toMatchObject({ type: "account", data: { email: ada.email } });
    expect(new Set(records.map(({ type }) => type))).toEqual(new Set(["account", "session", "row", "audit"]));
    expect(JSON.stringify(records)).not.toMatch(/scrypt|hash|digest/i);
  });

  it("is refused over every transport without a session", async () => {
    const response = await openBrowser().fetch("/trpc/account.export", { headers: { accept: "text/event-stream" } });
    expect(await response.text()).toContain("UNAUTHORIZED");
    const unknownUser = caller.asUser({ userId: crypto.randomUUID().replaceAll("-", "") });
    await expect(unknownUser.account.export()).rejects.toThrow("This user does not exist.");
  });
});
