import { describe, expect, it } from "vitest";
import { openBrowser, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";

/** A title that no other test uses, because all tests share the app's object. */
const freshTitle = (): string => `News ${crypto.randomUUID()}`;

describe("an app procedure", () => {
  it("runs in app:main for a signed-in user, and shares its tables with all users", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    const title = freshTitle();
    const row = await ada.client.announcements.create.mutate({ title });
    expect(await bob.client.announcements.byTitle.query({ title })).toEqual([row]);
    expect(await bob.client.announcements.count.query({ title })).toBe(1);
    const { owner, caller } = await bob.client.announcements.whereAmI.query();
    expect(owner).toEqual({ type: "app", id: "main" });
    expect(caller).toMatchObject({ type: "user", userId: bob.user.id, sessionId: bob.session.id });
  });

  it("is refused for an anonymous caller", async () => {
    const refused = openBrowser().client().announcements.list.query();
    expect(await codeOf(refused)).toBe("UNAUTHORIZED");
  });
});
