import { expect, it } from "vitest";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { deploy, startErrors, type FirstRouter } from "../../fixtures/app/versions.js";
import { openVersionsClient, redeploy, versionsObject } from "../../fixtures/versions.js";
import type { TRPCClient } from "@trpc/client";

it("migrates the tables of the whole app, and keeps their rows after a migration that fails", async () => {
  deploy("first");
  const client = openVersionsClient(openBrowser()) as unknown as TRPCClient<FirstRouter>;
  await client.auth.signup.mutate({ email: freshEmail(), password });
  const { id } = await client.ofApp.create.mutate("Price list");
  startErrors.length = 0;
  await redeploy(versionsObject("app:main"), "failing");
  await expect(client.ofApp.list.query()).rejects.toMatchObject({ data: { reason: "UPGRADE_FAILED" } });
  expect(startErrors.join()).toContain("not today");
  await redeploy(versionsObject("app:main"), "renamed");
  expect(await client.ofApp.list.query()).toMatchObject([{ id, name: "Price list", done: false }]);
  await client.ofApp.create.mutate("Flags");
  expect(await client.ofApp.list.query()).toHaveLength(2);
  deploy("first");
});
