import { beforeAll, describe, expect, it } from "vitest";
import { openBrowser, password, sessionCookies, signUp } from "../../../fixtures/browser.js";
import { overHttp, signedInTransports, codeOfCall, type Transport } from "../../../fixtures/transports.js";

let ada: Awaited<ReturnType<typeof signUp>>;
let bob: Awaited<ReturnType<typeof signUp>>;
let transports: readonly Transport[];

beforeAll(async () => {
  [ada, bob] = [await signUp(), await signUp()];
  transports = await signedInTransports(ada);
});

const queries = new Set(["account.get", "account.audit.list", "sessions.list", "auth.me", "sessions.data.get"]);

/** The code of each of Ada's transports, by its name. */
async function onEach(path: string, input: unknown): Promise<Record<string, string>> {
  const codes: [string, string][] = [];
  for (const transport of transports) {
    codes.push([
      transport.name,
      await codeOfCall(queries.has(path) ? transport.query(path, input) : transport.mutate(path, input)),
    ]);
  }
  return Object.fromEntries(codes);
}

const every = (code: string) => Object.fromEntries(transports.map(({ name }) => [name, code]));

describe("access to another user's resources", () => {
  it("rejects another user's session id with NOT_FOUND over every transport, and does not end the session", async () => {
    const { id } = bob.session;
    expect(await onEach("sessions.revoke", { id })).toEqual(every("NOT_FOUND"));
    expect(await onEach("sessions.rename", { id, name: "Mine" })).toEqual(every("NOT_FOUND"));
    expect(await onEach("sessions.rename", { id: bob.user.id, name: "Mine" })).toEqual(every("NOT_FOUND"));
    expect(await bob.client.sessions.list.query()).toMatchObject([{ id, name: undefined }]);
  });

  it.each([
    ["account.get", undefined],
    ["auth.me", undefined],
    ["sessions.list", undefined],
    ["account.update", { profile: {} }],
    ["account.audit.list", {}],
    ["auth.changeEmail", { email: "x@example.com", password }],
    ["sessions.revoke", { id: "x" }],
    ["sessions.rename", { id: "x", name: "x" }],
  ])("does not let %s take another user's id from its input, over any transport", async (path, input) => {
    for (const field of ["userId", "id", "sub", "sessionId", "owner", "caller"]) {
      if (input && field in input) continue;
      const more = { ...input, [field]: field === "sessionId" ? bob.session.id : bob.user.id };
      // A procedure without input ignores it, and answers for the caller.
      expect({ field, ...(await onEach(path, more)) }).toEqual({
        field,
        ...every(input === undefined ? "none" : "BAD_REQUEST"),
      });
    }
    for (const transport of transports) {
      const found = await transport.query("auth.me", { userId: bob.user.id });
      expect(found).toMatchObject({ user: { id: ada.user.id } });
    }
    expect((await bob.client.auth.me.query()).user).toEqual(bob.user);
  });

  it("rejects another user's id as `organizationId` over every transport", async () => {
    for (const organizationId of [
      bob.user.id,
      `user:${bob.user.id}`,
      `organization:${bob.user.id}`,
      `email:${"A".repeat(43)}`,
    ]) {
      for (const transport of transports) {
        const code = await codeOfCall(transport.query("projects.list", { organizationId }));
        expect({ transport: transport.name, code: ["FORBIDDEN", "BAD_REQUEST"].includes(code) }).toEqual({
          transport: transport.name,
          code: true,
        });
      }
    }
  });

  it("rejects another user's organization, whether or not it exists", async () => {
    const { id } = await bob.client.organizations.create.mutate({ name: "Bob's" });
    for (const organizationId of [id, "0".repeat(32)]) {
      for (const transport of transports) {
        expect(await codeOfCall(transport.query("organizations.get", { organizationId }))).toBe("FORBIDDEN");
        expect(await codeOfCall(transport.mutate("organizations.delete", { organizationId }))).toBe("FORBIDDEN");
      }
    }
  });

  it("identifies the caller by the access token when the refresh token is another user's", async () => {
    const mixed = openBrowser();
    mixed.cookies.set("__Host-userdo-access", ada.browser.cookies.get("__Host-userdo-access") ?? "");
    mixed.cookies.set("__Host-userdo-refresh", bob.browser.cookies.get("__Host-userdo-refresh") ?? "");
    for (const name of ["single", "batch", "batch-stream"] as const) {
      expect(await overHttp(mixed, name).query("auth.me")).toMatchObject({ user: { id: ada.user.id } });
    }
  });
});

describe("a procedure that sets cookies", () => {
  it.each([
    ["auth.signup", () => ({ email: ada.email, password })],
    ["auth.login", () => ({ email: ada.email, password })],
    ["auth.logout", () => undefined],
    ["auth.logoutEverywhere", () => undefined],
    ["auth.refresh", () => ({ refreshToken: ada.browser.cookies.get("__Host-userdo-refresh") })],
    ["auth.changePassword", () => ({ currentPassword: password, newPassword: "another horse battery" })],
    ["account.delete", () => ({ password })],
  ])("is refused on a socket without effect: %s", async (path, input) => {
    const [socket] = transports.filter(({ name }) => name === "socket");
    expect(await codeOfCall(socket!.mutate(path, input()))).toBe("BAD_REQUEST");
    expect(await codeOfCall(ada.client.auth.me.query())).toBe("none");
    expect(await ada.client.sessions.list.query()).toHaveLength(1);
  });

  it("closes the socket on which a session ends itself, and the leftover cookies are rejected and cleared", async () => {
    const { browser, session, user } = await signUp();
    const [socket] = (await signedInTransports({ browser, user })).filter(({ name }) => name === "socket");
    // The call may be answered or not, because the socket closes with the session.
    void codeOfCall(socket!.mutate("sessions.revoke", { id: session.id }));
    await expect.poll(() => codeOfCall(browser.client().auth.me.query())).toBe("UNAUTHORIZED");
    expect(sessionCookies(browser)).toEqual([]);
  });
});
