import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openBrowser, type Browser } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { organizationName, signUpVerified, type Person } from "../../fixtures/organizations.js";
import { overSocket } from "../../fixtures/transports.js";
import { moveClock } from "../../fixtures/move-clock.js";

const MINUTE = 60_000;
const refreshName = "__Host-userdo-refresh";

let ada: Person;
let organizationId: string;
/** A browser with a copy of the refresh token from the sign-in. */
let copy: Browser;

beforeEach(async () => {
  ada = await signUpVerified();
  organizationId = (await ada.client.organizations.create.mutate({ name: "Acme" })).id;
  copy = openBrowser();
  copy.cookies.set(refreshName, ada.browser.cookies.get(refreshName) ?? "");
});
afterEach(() => void vi.useRealTimers());

const call = (browser: Browser) => codeOf(browser.client().organizations.get.query({ organizationId }));

/** Refreshes the session by a call to the organization. The reply arrives. */
async function renew(): Promise<void> {
  moveClock(16 * MINUTE);
  expect(await call(ada.browser)).toBe("none");
  expect(ada.browser.cookies.get(refreshName)).not.toBe(copy.cookies.get(refreshName));
}

async function expectTheft(): Promise<void> {
  moveClock(MINUTE);
  expect(await call(copy)).toBe("UNAUTHORIZED");
  expect(await call(ada.browser)).toBe("UNAUTHORIZED");
}

const inOrganization = <TResult>(work: (sql: SqlStorage) => TResult) =>
  runInDurableObject(env.BLOG_DO.getByName(organizationName(organizationId)), (_instance, { storage }) =>
    work(storage.sql),
  );

describe("a copied refresh token of a session that calls only its organizations", () => {
  it("ends the session once the organization received an access token of its successor", async () => {
    await renew();
    expect(await call(ada.browser)).toBe("none");
    await expectTheft();
  });

  it("ends the session once the organization received it after an eviction", async () => {
    await renew();
    await evictDurableObject(env.BLOG_DO.getByName(organizationName(organizationId)));
    expect(await call(ada.browser)).toBe("none");
    await expectTheft();
  });

  it("ends the session once a socket to the organization was opened with it", async () => {
    await renew();
    const socket = await overSocket(ada.browser, `/trpc?organizationId=${organizationId}`);
    await socket.query("organizations.get", { organizationId });
    await expectTheft();
  });

  it("gets the same successor until an organization received it, because its reply may have been lost", async () => {
    await renew();
    moveClock(MINUTE);
    expect(await call(copy)).toBe("none");
    expect(copy.cookies.get(refreshName)).toBe(ada.browser.cookies.get(refreshName));
  });
});

describe("a lease that the version before stored", () => {
  const oldInsert = "INSERT OR REPLACE INTO _leases VALUES (?, ?, ?)";

  it("does not hide which tokens the organization received", async () => {
    await renew();
    const { id } = ada.session;
    await inOrganization((sql) => {
      sql.exec("DELETE FROM _leases");
      sql.exec(oldInsert, id, ada.user.id, Date.now() + 5 * MINUTE);
    });
    expect(await call(ada.browser)).toBe("none");
    await expectTheft();
  });

  it("ends together with the generation that was stored for it", async () => {
    await renew();
    const left = await inOrganization((sql) => {
      expect(sql.exec("SELECT * FROM _lease_generations").toArray()).toHaveLength(1);
      sql.exec("DELETE FROM _leases");
      return sql.exec("SELECT * FROM _lease_generations").toArray();
    });
    expect(left).toEqual([]);
  });
});

it("calls the user's object once for each generation", async () => {
  await renew();
  await call(ada.browser);
  const before = await inOrganization((sql) => sql.exec("SELECT until FROM _leases").toArray());
  moveClock(MINUTE);
  for (let count = 0; count < 3; count++) expect(await call(ada.browser)).toBe("none");
  expect(await inOrganization((sql) => sql.exec("SELECT until FROM _leases").toArray())).toEqual(before);
});
