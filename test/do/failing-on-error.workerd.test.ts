import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deploy } from "../fixtures/app/versions.js";
import { freshEmail, password } from "../fixtures/browser.js";
import { codeOf } from "../fixtures/error-code.js";
import { openVersionsClient, redeploy, versionsObject } from "../fixtures/versions.js";

const log = vi.spyOn(console, "error");
beforeEach(() => {
  deploy("first");
  log.mockReset().mockImplementation(() => {});
});
afterEach(() => deploy("first"));

const logged = (): string => log.mock.calls.map((each) => each.map(String).join(" ")).join("\n");

describe.each(["throwing", "rejecting"] as const)("an onError that fails (%s)", (version) => {
  it("does not fail calls of tables that can be used", async () => {
    const client = openVersionsClient();
    const { user } = await client.auth.signup.mutate({ email: freshEmail(), password });
    for (const title of ["a", "a"]) await client.tasks.create.mutate(title);
    await redeploy(versionsObject(`user:${user.id}`), version);
    expect(await client.labels.create.mutate("label")).toBe("label");
    expect(await codeOf(client.tasks.list.query())).toBe("SERVICE_UNAVAILABLE");
    await expect.poll(logged).toContain('The table "tasks" cannot be used');
  });

  it("does not prevent the retry of a mail that could not be sent", async () => {
    deploy(version);
    const client = openVersionsClient();
    const { user } = await client.auth.signup.mutate({ email: freshEmail(), password });
    const attempts = () =>
      runInDurableObject(versionsObject(`user:${user.id}`), (_instance, { storage }) =>
        storage.sql
          .exec("SELECT attempts FROM _outbox")
          .toArray()
          .map((row) => row["attempts"]),
      );
    await expect.poll(attempts).toContain(1);
    await expect.poll(logged).toContain("The mail service is down.");
  });
});
