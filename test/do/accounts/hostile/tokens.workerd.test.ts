import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  copyBrowser,
  freshEmail,
  openBrowser,
  password,
  sessionCookies,
  signUp,
  type Browser,
} from "../../../fixtures/browser.js";
import { tokenTo } from "../../../fixtures/mail.js";
import { overForm, overHttp, overRpc, overSocket, codeOfCall, type Transport } from "../../../fixtures/transports.js";
import { moveClock } from "../../../fixtures/move-clock.js";

const MINUTE = 60_000;
const refreshName = "__Host-userdo-refresh";
const links = ["single", "batch", "batch-stream"] as const;

afterEach(() => void vi.useRealTimers());

describe("a refresh token", () => {
  it("has one successor when twenty tabs use it at once, over all transports and in every way", async () => {
    const { browser } = await signUp();
    moveClock(16 * MINUTE);
    const refreshToken = browser.cookies.get(refreshName);
    const ways: ((tab: Browser, transport: Transport) => Promise<unknown>)[] = [
      (_tab, transport) => transport.query("auth.me"),
      (_tab, transport) => transport.mutate("auth.refresh"),
      (_tab, transport) => transport.mutate("sessions.data.merge", { step: 1 }),
    ];
    const tabs = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const tab = copyBrowser(browser);
        await ways[index % ways.length]?.(tab, overHttp(tab, links[(index % 7) % links.length] ?? "single"));
        return tab;
      }),
    );
    expect(new Set(tabs.map(({ cookies }) => cookies.get(refreshName))).size).toBe(1);
    expect(tabs[0]?.cookies.get(refreshName)).not.toBe(refreshToken);
    const inBody = (await overHttp(openBrowser(), "single").mutate("auth.refresh", { refreshToken })) as {
      tokens: { refreshToken: string };
    };
    expect(inBody.tokens.refreshToken).toBe(tabs[0]?.cookies.get(refreshName));
  });

  it.each([...links, "form", "body"])(
    "ends the session when it is used after the grace period, over %s",
    async (name) => {
      const { browser, client, email, session } = await signUp();
      const thief = copyBrowser(browser);
      await client.auth.refresh.mutate();
      await client.auth.me.query();
      moveClock(31_000);
      thief.cookies.delete("__Host-userdo-access");
      const refreshToken = thief.cookies.get(refreshName);
      if (name === "form") await overForm(thief).mutate("auth.logout");
      else if (name === "body") {
        expect(await codeOfCall(overHttp(openBrowser(), "batch").mutate("auth.refresh", { refreshToken }))).toBe(
          "UNAUTHORIZED",
        );
      } else {
        expect(await codeOfCall(overHttp(thief, name as "single").query("posts.list"))).toBe("UNAUTHORIZED");
        expect(sessionCookies(thief)).toEqual([]);
      }
      expect(await codeOfCall(client.auth.me.query())).toBe("UNAUTHORIZED");
      await client.auth.login.mutate({ email, password });
      const { items: entries } = await client.account.audit.list.query({ action: "session.reuse" });
      expect(entries).toMatchObject([{ outcome: "failed", sessionId: session.id }]);
    },
  );
});

describe("a mailed token", () => {
  const kinds = {
    verifyEmail: async () => {
      const person = await signUp();
      return { ...person, token: await tokenTo(person.email, "verifyEmail"), input: {}, action: "email.verify" };
    },
    resetPassword: async () => {
      const person = await signUp();
      await openBrowser().client().auth.requestPasswordReset.mutate({ email: person.email });
      return {
        ...person,
        token: await tokenTo(person.email, "resetPassword"),
        input: { password: "another horse battery" },
        action: "password.reset",
      };
    },
    confirmEmailChange: async () => {
      const person = await signUp();
      const target = freshEmail();
      await person.client.auth.changeEmail.mutate({ email: target, password });
      return { ...person, token: await tokenTo(target, "changeEmail"), input: {}, action: "email.change" };
    },
  } as const;

  it.each(Object.keys(kinds) as (keyof typeof kinds)[])(
    "%s takes effect once of twenty uses at once, over all transports, and for no other user or purpose",
    async (name) => {
      const { browser, user, token, input, action } = await kinds[name]();
      const stranger = await signUp();
      const path = `auth.${name}`;
      const call = (transport: Transport, as = path) =>
        codeOfCall(transport.mutate(as, { password: "another horse battery", ...input, token }));
      const bare = (transport: Transport, as = path) => codeOfCall(transport.mutate(as, { ...input, token }));

      // As another user, whose own object then receives the call.
      for (const transport of [await overSocket(stranger.browser), overRpc(stranger.user.id)]) {
        expect(await bare(transport)).toBe("BAD_REQUEST");
      }
      // For another purpose.
      for (const other of Object.keys(kinds).filter((kind) => kind !== name)) {
        for (const transport of [...links.map((link) => overHttp(openBrowser(), link)), overRpc(user.id)]) {
          const as = `auth.${other}`;
          expect(
            await (other === "resetPassword" ? call(transport, as) : codeOfCall(transport.mutate(as, { token }))),
          ).toBe("BAD_REQUEST");
        }
      }
      expect(await codeOfCall(openBrowser().client().auth.refresh.mutate({ refreshToken: token }))).toBe(
        "UNAUTHORIZED",
      );

      // A new password closes the socket before it could answer.
      const own = name === "resetPassword" ? [overRpc(user.id)] : [await overSocket(browser), overRpc(user.id)];
      const transports = Array.from({ length: 20 }, (_, index) => {
        const link = links[index % links.length] ?? "single";
        return index < 12 ? overHttp(openBrowser(), link) : (own[index % own.length] ?? overHttp(openBrowser(), link));
      });
      const codes = await Promise.all(transports.map((transport) => bare(transport)));
      expect(codes).toContain("none");
      for (const code of codes) expect(["none", "TOO_MANY_REQUESTS"]).toContain(code);
      // Again, as after a lost reply.
      for (const link of links) expect(await bare(overHttp(openBrowser(), link))).toBe("none");
      expect(await bare(overRpc(user.id))).toBe("none");
      const effects = await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, { storage }) =>
        storage.sql.exec("SELECT id FROM _audit WHERE action = ?", action).toArray(),
      );
      expect(effects).toHaveLength(1);
    },
  );

  it.each(Object.keys(kinds) as (keyof typeof kinds)[])(
    "%s is rejected over every transport once it has expired",
    async (name) => {
      const { browser, user, token, input } = await kinds[name]();
      const socket = await overSocket(browser);
      moveClock((name === "verifyEmail" ? 24 * 60 + 1 : 61) * MINUTE);
      for (const transport of [...links.map((link) => overHttp(openBrowser(), link)), overRpc(user.id)]) {
        expect(await codeOfCall(transport.mutate(`auth.${name}`, { ...input, token }))).toBe("BAD_REQUEST");
      }
      // The access token of its session has expired by then, too.
      expect(await codeOfCall(socket.mutate(`auth.${name}`, { ...input, token }))).not.toBe("none");
    },
  );
});
