import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import superjson from "superjson";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { emailObjectAddress } from "../../../src/shared/email-object-address.js";
import { toName } from "../../../src/shared/owner.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { signUpVerified } from "../../fixtures/organizations.js";
import { openSocket } from "../../fixtures/socket.js";

const LIMIT = 32 * 1024;

/** Text for the only field of an object whose stored form has the given number of bytes. */
function textOf(bytes: number, field: string, character = "a"): string {
  const overhead = superjson.stringify({ [field]: "" }).length;
  const size = new TextEncoder().encode(JSON.stringify(character)).length - 2;
  const count = Math.floor((bytes - overhead) / size);
  return character.repeat(count) + "a".repeat(bytes - overhead - count * size);
}

const about = (bytes: number, character?: string) => ({ about: textOf(bytes, "about", character) });

describe("the size of a profile", () => {
  it.each([
    ["ASCII", "a"],
    ["characters of several bytes", "é"],
    ["characters that JSON escapes", '"'],
    ["pairs of surrogates", "😀"],
  ])("accepts 32 KiB as stored and rejects one byte more: %s", async (_name, character) => {
    const { client } = await signUp();
    const fits = about(LIMIT, character);
    expect((await client.account.update.mutate({ profile: fits })).profile).toEqual(fits);
    const tooLarge = { profile: about(LIMIT + 1, character) };
    expect(await codeOf(client.account.update.mutate(tooLarge))).toBe("PAYLOAD_TOO_LARGE");
    expect((await client.account.get.query()).profile).toEqual(fits);

    const email = freshEmail();
    const other = openBrowser().client();
    expect(await codeOf(other.auth.signup.mutate({ email, password, ...tooLarge }))).toBe("PAYLOAD_TOO_LARGE");
    const { user } = await other.auth.signup.mutate({ email, password, profile: fits });
    expect(user.profile).toEqual(fits);
  });

  it("states the limit and the fix", async () => {
    const { client } = await signUp();
    await expect(client.account.update.mutate({ profile: about(LIMIT + 1) })).rejects.toThrow(
      "The profile would be larger than 32 KiB. Shorten the values, or store them in a table.",
    );
  });

  it("leaves nothing of a sign-up that it rejects, and does not count it", async () => {
    const email = freshEmail();
    const client = openBrowser().client();
    for (let tries = 0; tries < 5; tries++) {
      const profile = about(LIMIT + 1);
      expect(await codeOf(client.auth.signup.mutate({ email, password, profile }))).toBe("PAYLOAD_TOO_LARGE");
    }
    const index = toName(await emailObjectAddress(env.INDEX_SECRET, email));
    await runInDurableObject(env.BLOG_DO.getByName(index), async (_instance, state) => {
      expect(
        state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
      ).toEqual([]);
      expect(await state.storage.getAlarm()).toBeNull();
    });
    expect((await client.auth.signup.mutate({ email, password })).user.email).toBe(email);
  });

  it("measures the whole profile, not the patch", async () => {
    const { client } = await signUp();
    await client.account.update.mutate({ profile: { about: "a".repeat(LIMIT - 100) } });
    const patch = { firstName: "b".repeat(100) };
    expect(await codeOf(client.account.update.mutate({ profile: patch }))).toBe("PAYLOAD_TOO_LARGE");
    await client.account.update.mutate({ profile: { ...patch, about: null } });
    expect((await client.account.get.query()).profile).toEqual(patch);
  });

  it("is limited on a socket and for another Worker, and adds no audit entry", async () => {
    const { browser, client, user } = await signUp();
    const profile = about(LIMIT + 1);
    const socket = await openSocket(browser);
    socket.send({
      id: 1,
      method: "mutation",
      params: { path: "account.update", input: superjson.serialize({ profile }) },
    });
    expect((await socket.until(1))[0]).toMatchObject({ error: { json: { data: { code: "PAYLOAD_TOO_LARGE" } } } });
    socket.socket.close();
    const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id });
    await expect(caller.account.update({ profile })).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    const { items: entries } = await client.account.audit.list.query({ action: "profile.update" });
    expect(entries).toEqual([]);
  });

  it("allows a larger profile of an earlier version to be read and made smaller", async () => {
    const { client, user } = await signUp();
    const large = { firstName: "Ada", about: "a".repeat(2 * LIMIT) };
    await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, state) => {
      state.storage.sql.exec("UPDATE _profile SET data = ?", superjson.stringify(large));
    });
    expect((await client.auth.me.query()).user.profile).toEqual(large);
    expect(await codeOf(client.account.update.mutate({ profile: { firstName: "B" } }))).toBe("PAYLOAD_TOO_LARGE");
    const { profile } = await client.account.update.mutate({ profile: { about: "short" } });
    expect(profile).toEqual({ firstName: "Ada", about: "short" });
  });
});

it("limits an organization's settings like profiles, on creation and on update", async () => {
  const { client } = await signUpVerified();
  const motto = "a".repeat(LIMIT);
  const create = (settings: { motto?: string }) => client.organizations.create.mutate({ name: "Acme", settings });
  await expect(create({ motto })).rejects.toThrow("The settings would be larger than 32 KiB.");
  expect(await client.organizations.list.query()).toEqual([]);
  const { id: organizationId } = await create({ motto: "short" });
  const update = client.organizations.update.mutate({ organizationId, name: "Other", settings: { motto } });
  expect(await codeOf(update)).toBe("PAYLOAD_TOO_LARGE");
  const { name, settings } = await client.organizations.get.query({ organizationId });
  expect({ name, motto: settings.motto }).toEqual({ name: "Acme", motto: "short" });
});
