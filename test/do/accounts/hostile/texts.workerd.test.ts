import { afterEach, describe, expect, it, vi } from "vitest";
import { freshEmail, openBrowser, password, send, signUp } from "../../../fixtures/browser.js";
import {
  overForm,
  overHttp,
  overRpc,
  overSocket,
  signedInTransports,
  codeOfCall,
  anonymousTransport,
  anonymousTransports,
} from "../../../fixtures/transports.js";

afterEach(() => vi.restoreAllMocks());

const nasty = '<img src=x onerror=alert(1)>"\u202E\u{1F525}';
const escape = "\u001B";
const control = "a\r\n2026-11-21 ERROR forged\u001B[31m\u001B]0;title\u0007";

/** The same query over each link, as the network sees it. */
const requests: Record<string, [string, HeadersInit]> = {
  single: ["/trpc/sessions.list", {}],
  batch: ["/trpc/sessions.list?batch=1", {}],
  "batch-stream": ["/trpc/sessions.list?batch=1", { "trpc-accept": "application/jsonl" }],
};

describe("texts that contain markup", () => {
  it("are stored unchanged over every transport, and sent with a type that no browser renders as a page", async () => {
    const browser = openBrowser();
    const email = freshEmail();
    const response = await browser.fetch("/trpc/auth.signup", {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": nasty },
      body: JSON.stringify({ json: { email, password, profile: { firstName: nasty } } }),
    });
    expect(response.status).toBe(200);
    const client = browser.client();
    const { user, session } = await client.auth.me.query();
    for (const transport of await signedInTransports({ browser, user })) {
      expect(await transport.query("account.get")).toMatchObject({ profile: { firstName: nasty } });
      await transport.mutate("account.update", { profile: { lastName: `${nasty} ${transport.name}` } });
      expect(await transport.query("account.get")).toMatchObject({
        profile: { lastName: `${nasty} ${transport.name}` },
      });
      await transport.mutate("sessions.rename", { id: session.id, name: `${nasty} ${transport.name}` });
      const list = (await transport.query("sessions.list")) as { name: string; device: string }[];
      expect(list[0]).toMatchObject({ name: `${nasty} ${transport.name}`, device: expect.not.stringMatching(/[<>]/) });
      const { id } = (await transport.mutate("organizations.create", { name: nasty })) as { id: string };
      expect(await client.organizations.get.query({ organizationId: id })).toMatchObject({ name: nasty });
    }
    for (const [transport, [path, headers]] of Object.entries(requests)) {
      const answer = await browser.fetch(path, { headers });
      expect({ transport, type: answer.headers.get("content-type") }).toEqual({
        transport,
        type: expect.stringMatching(/^application\/json/),
      });
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(await answer.text()).toContain("onerror");
    }
    const form = await browser.fetch("/trpc/form/login", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ email, password: nasty, back: `/login?${nasty}` }).toString(),
      redirect: "manual",
    });
    expect([form.status, await form.text()]).toEqual([303, ""]);
    expect(form.headers.get("location")).not.toMatch(/[<>"]/);
  });
});

describe("texts that control a terminal or begin a line", () => {
  it("reach neither the log nor the audit log over any transport", async () => {
    const lines: string[] = [];
    for (const level of ["log", "info", "warn", "error"] as const) {
      vi.spyOn(console, level).mockImplementation((...parts) => void lines.push(parts.map(String).join(" ")));
    }
    const headers = {
      "content-type": "application/json",
      "user-agent": `a ${escape}[31mred`,
      "cf-ray": `x ${escape}[31mforged`,
    };
    const { browser, client, email, user } = await signUp();
    const fetchWith = browser.fetch;
    browser.fetch = (path, init) =>
      fetchWith(path, { ...init, headers: { ...headers, ...Object.fromEntries(new Headers(init?.headers)) } });
    for (const name of anonymousTransports) {
      const transport = name === "form" ? overForm(browser) : overHttp(browser, name);
      await codeOfCall(transport.mutate("auth.login", { email: control, password: control }));
      await codeOfCall(transport.mutate("auth.login", { email, password: control }));
      // An unexpected error does reach the log.
      const input = { email: `broken-${freshEmail()}`, password, profile: { firstName: control } };
      expect(await codeOfCall(anonymousTransport(name).mutate("auth.signup", input))).toBe("INTERNAL_SERVER_ERROR");
    }
    const own = [
      overHttp(browser, "batch"),
      overHttp(browser, "batch-stream"),
      await overSocket(browser),
      overRpc(user.id),
    ];
    for (const transport of own) {
      await codeOfCall(transport.mutate("auth.verifyEmail", { token: control }));
      await codeOfCall(transport.mutate("sessions.rename", { id: control, name: control }));
      await codeOfCall(transport.mutate("auth.changeEmail", { email: control, password: control }));
      await codeOfCall(transport.query("account.audit.list", { action: control }));
      await codeOfCall(transport.query(control, {}));
      await codeOfCall(transport.query("odd.throwsError", control));
    }
    await send(`/trpc/${encodeURIComponent(control)}`, { method: "POST", headers, body: "{}" });
    expect(lines.length).toBeGreaterThanOrEqual(8);
    expect(lines.join("\n")).not.toContain(escape);
    expect(lines.join("\n")).not.toMatch(/forged|@example|correct horse/);

    await client.auth.login.mutate({ email, password });
    const { items: entries } = await client.account.audit.list.query();
    expect(entries.length).toBeGreaterThan(3);
    expect(JSON.stringify(entries)).not.toMatch(/forged|\\u001b/i);
    expect(JSON.stringify(await client.sessions.list.query())).not.toMatch(/forged|\\u001b/i);
  });
});
