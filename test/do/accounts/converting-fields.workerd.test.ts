import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { signUpVerified } from "../../fixtures/organizations.js";

const since = "2027-01-01T00:00:00.000Z";

describe("schemas whose output type differs from their input type", () => {
  it("store a profile that can be updated field by field", async () => {
    const client = openBrowser().client();
    const given = { newsletter: "yes", slug: "ADA", since };
    const stored = { newsletter: true, slug: { slug: "ada" }, since: new Date(since) };
    const { user } = await client.auth.signup.mutate({ email: freshEmail(), password, profile: given });
    expect(user.profile).toEqual(stored);
    const update = async (profile: object): Promise<unknown> =>
      (await client.account.update.mutate({ profile })).profile;
    expect(await update({ firstName: "Ada" })).toEqual({ ...stored, firstName: "Ada" });
    expect(await update({ newsletter: "no" })).toEqual({ ...stored, firstName: "Ada", newsletter: false });
    expect(await update({ slug: "Grace", since: null })).toEqual({
      firstName: "Ada",
      newsletter: false,
      slug: { slug: "grace" },
    });
    expect(await codeOf(update({ newsletter: true }))).toBe("BAD_REQUEST");
    expect(await codeOf(update({ slug: 1 }))).toBe("BAD_REQUEST");
    expect(await update({})).toEqual((await client.account.get.query()).profile);
  });

  it("store settings of an organization that can be updated field by field", async () => {
    const { client } = await signUpVerified();
    const settings = { open: "true", slug: "ACME" };
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Acme", settings });
    const update = async (patch: object): Promise<unknown> =>
      (await client.organizations.update.mutate({ organizationId, settings: patch })).settings;
    const stored = { plan: "free", open: true, slug: { slug: "acme" } };
    expect((await client.organizations.get.query({ organizationId })).settings).toEqual(stored);
    expect(await update({ motto: "Go" })).toEqual({ ...stored, motto: "Go" });
    expect(await update({ open: "off", motto: null })).toEqual({ ...stored, open: false });
    expect(await codeOf(update({ open: false }))).toBe("BAD_REQUEST");
  });

  it("store session data that can be read and merged", async () => {
    const { data } = (await signUp()).client.sessions;
    const stored = { cart: [], beta: true, slug: { slug: "x" } };
    expect(await data.set.mutate({ beta: "on", slug: "X" })).toEqual(stored);
    expect(await data.get.query()).toEqual(stored);
    expect(await data.merge.mutate({ step: 1 })).toEqual({ ...stored, step: 1 });
    expect(await data.merge.mutate({ beta: "off" })).toEqual({ ...stored, step: 1, beta: false });
    expect(await codeOf(data.merge.mutate({ beta: true as never }))).toBe("BAD_REQUEST");
    expect(await data.get.query()).toEqual({ ...stored, step: 1, beta: false });
  });

  it.each(["constructor", "prototype"])("refuse a profile with a key %s, also from another Worker", async (key) => {
    const { user, client } = await signUp();
    const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id });
    const profile = { bag: { deep: { [key]: 1 } } };
    expect(await codeOf(caller.account.update({ profile }))).toBe("BAD_REQUEST");
    expect(await codeOf(client.account.update.mutate({ profile }))).not.toBe(undefined);
    const named = { bag: { toString: "x", valueOf: 1, hasOwnProperty: null } };
    expect((await client.account.update.mutate({ profile: named })).profile).toEqual(named);
  });
});
