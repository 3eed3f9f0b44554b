import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { errorReason } from "trpc-userdo/worker";
import { deploy, startErrors } from "../../fixtures/app/versions.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { upgrade } from "../../fixtures/socket.js";
import { openVersionsClient, versionsObject } from "../../fixtures/versions.js";

beforeEach(() => {
  deploy("first");
  startErrors.length = 0;
});

async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as { code?: unknown; data?: { code?: unknown } },
  );
  return [error?.data?.code ?? error?.code, errorReason(error)];
}

async function createOrganization() {
  const browser = openBrowser();
  const client = openVersionsClient(browser);
  await client.auth.signup.mutate({ email: freshEmail(), password });
  const { id: organizationId } = await client.organizations.create.mutate({ name: "Ours" });
  await client.shared.create.mutate({ organizationId, title: "one" });
  const object = versionsObject(`organization:${organizationId}`);
  return { browser, client, organizationId, object };
}

/** Stores tables of an earlier version that the next start cannot upgrade, and starts the object again. */
async function storeEarlierVersion(object: DurableObjectStub, statements: readonly string[]): Promise<void> {
  await runInDurableObject(object, (_instance, { storage }) => {
    storage.sql.exec("UPDATE _object SET fingerprint = 'earlier'");
    for (const statement of statements) storage.sql.exec(statement);
    storage.sql.exec("DROP INDEX _kv_expires");
    storage.sql.exec("DROP TABLE IF EXISTS _kv");
    storage.sql.exec("CREATE TABLE _kv (key TEXT PRIMARY KEY, odd TEXT) STRICT");
  });
  await evictDurableObject(object);
}

describe("an organization whose framework tables could not be upgraded", () => {
  it("answers calls over HTTP with UPGRADE_FAILED when a table of the access check is of an earlier version", async () => {
    const { client, organizationId, object } = await createOrganization();
    await storeEarlierVersion(object, ["DROP TRIGGER _lease_generations_delete", "DROP TABLE _lease_generations"]);
    const refusal = await refusalOf(client.shared.list.query({ organizationId }));
    expect(startErrors).toEqual([expect.stringContaining("could not be created")]);
    expect(refusal).toEqual(["SERVICE_UNAVAILABLE", "UPGRADE_FAILED"]);
  });

  it("does not write to the tables of the earlier version", async () => {
    const { client, organizationId, object } = await createOrganization();
    const leases = () =>
      runInDurableObject(object, (_instance, { storage }) => storage.sql.exec("SELECT * FROM _leases").toArray());
    await storeEarlierVersion(object, ["UPDATE _leases SET until = 1"]);
    const before = await leases();
    expect(await refusalOf(client.shared.list.query({ organizationId }))).toEqual([
      "SERVICE_UNAVAILABLE",
      "UPGRADE_FAILED",
    ]);
    expect(await leases()).toEqual(before);
  });

  it("refuses a socket with the reason of the upgrade", async () => {
    const { browser, organizationId, object } = await createOrganization();
    await storeEarlierVersion(object, ["UPDATE _leases SET until = 1"]);
    const response = await upgrade(browser, {}, `/versions?organizationId=${organizationId}`);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('"reason":"UPGRADE_FAILED"');
  });
});
