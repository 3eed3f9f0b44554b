import { env } from "cloudflare:workers";
import { createHandler } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { appRouter } from "../fixtures/app/router.js";
import { freshEmail, openBrowser, origin, password, send, signUp } from "../fixtures/browser.js";
import { tokenTo } from "../fixtures/mail.js";
import { overRpc, signedInTransports, codeOfCall } from "../fixtures/transports.js";
import { upgrade } from "../fixtures/socket.js";

const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

interface Sent {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** One anonymous call, as each transport over HTTP sends it. */
function requestsTo(path: string, input: Record<string, string>): Record<string, Sent> {
  const one = JSON.stringify({ json: input });
  const many = JSON.stringify({ 0: { json: input } });
  const transports: Record<string, Sent> = {
    single: { path: `/trpc/${path}`, headers: json, body: one },
    batch: { path: `/trpc/${path}?batch=1`, headers: json, body: many },
    "batch-stream": {
      path: `/trpc/${path}?batch=1`,
      headers: { ...json, "trpc-accept": "application/jsonl" },
      body: many,
    },
  };
  const [, name] = /^auth\.(signup|login)$/.exec(path) ?? [];
  if (name)
    transports["form"] = { path: `/trpc/form/${name}`, headers: form, body: new URLSearchParams(input).toString() };
  return transports;
}

const evil = {
  "x-forwarded-host": "evil.example",
  "x-forwarded-proto": "http",
  "x-original-url": "https://evil.example/",
  forwarded: "host=evil.example;proto=http",
};

describe("a spoofed Host", () => {
  it("or forwarding header changes no link of a mail, over any transport", async () => {
    for (const { path, headers, body } of Object.values(requestsTo("auth.signup", { email: "", password }))) {
      const email = freshEmail();
      const named = body.replace('"email":""', `"email":"${email}"`).replace("email=&", `email=${email}&`);
      // A server that answers for every host name, so that the request's own origin is the one in its URL.
      const response = await send(`https://evil.example${path}`, {
        method: "POST",
        headers: { ...headers, ...evil },
        body: named,
        redirect: "manual",
      });
      expect(response.status).toBeLessThan(400);
      // The helper asserts that the link starts with the app's URL.
      await tokenTo(email, "verifyEmail");
    }
    const ada = await signUp();
    for (const { path, headers, body } of Object.values(
      requestsTo("auth.requestPasswordReset", { email: ada.email }),
    )) {
      await send(`https://evil.example${path}`, { method: "POST", headers: { ...headers, ...evil }, body });
    }
    await tokenTo(ada.email, "resetPassword", 3);
    for (const transport of await signedInTransports(ada)) {
      const email = freshEmail();
      await transport.mutate("auth.changeEmail", { email, password });
      await tokenTo(email, "changeEmail");
    }
  });

  it("is another origin: a page of this one gets no cookie, no call and no socket there", async () => {
    const { browser } = await signUp();
    const cookie = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    const headers = { cookie, origin };
    for (const { path, headers: more, body } of Object.values(
      requestsTo("auth.login", { email: "a@example.com", password }),
    )) {
      const init = { method: "POST", headers: { ...headers, ...more }, body };
      expect((await send(`https://evil.example${path}`, init)).status).toBe(403);
    }
    expect((await upgrade({ cookies: browser.cookies }, { origin: "https://evil.example" })).status).toBe(403);
  });
});

describe("the network of a request", () => {
  /** The keys that the limits counted, for requests with these headers. */
  async function keysFor(headers: Record<string, string>, path = "auth.login", calls = 1): Promise<string[]> {
    const keys: string[] = [];
    const limit = { limit: ({ key }: { key: string }) => Promise.resolve({ success: keys.push(key) > 0 }) };
    const handler = createHandler(appRouter, { binding: "BLOG_DO" });
    const transports = requestsTo(path, { email: "nobody@example.com", password: "short" });
    for (const [name, { path: at, headers: own, body }] of Object.entries(transports)) {
      const isBatch = name.startsWith("batch");
      const many = Object.fromEntries(Array.from({ length: calls }, (_, index) => [index, { json: {} }]));
      const url = isBatch && calls > 1 ? at.replace(path, Array.from({ length: calls }, () => path).join()) : at;
      const init = {
        method: "POST",
        headers: { ...headers, ...own },
        body: isBatch && calls > 1 ? JSON.stringify(many) : body,
      };
      const bindings = { ...env, SIGN_IN_LIMIT: limit, SIGN_UP_LIMIT: limit };
      await (await handler(new Request(origin + url, init), bindings, {}))?.text();
    }
    return keys;
  }

  it("is read from one header, over every transport, and not from a chain in another", async () => {
    const chains = {
      "x-forwarded-for": "198.51.100.1, 198.51.100.2",
      "x-real-ip": "198.51.100.3",
      "true-client-ip": "198.51.100.4",
      "cf-connecting-ipv6": "2001:db8::5",
      forwarded: "for=198.51.100.6",
    };
    for (const path of ["auth.login", "auth.signup"]) {
      const from = (address: string) => keysFor({ ...chains, "cf-connecting-ip": address }, path);
      expect(await from("203.0.113.7")).toEqual(Array(4).fill("203.0.113.7"));
      expect(await from("::ffff:203.0.113.7")).toEqual(Array(4).fill("203.0.113.7"));
      expect(await from("2001:db8:1:2:3::4")).toEqual(Array(4).fill("2001:db8:1:2::/64"));
      // A request with several addresses, or with none, shares its key with others like it.
      expect(await from("203.0.113.7, 203.0.113.8")).toEqual(Array(4).fill("unknown"));
      expect(await keysFor(chains, path)).toEqual(Array(4).fill("unknown"));
    }
  });

  it("is counted for each call of a batch", async () => {
    const keys = await keysFor({ "cf-connecting-ip": "203.0.113.7" }, "auth.login", 20);
    expect(keys).toHaveLength(1 + 20 + 20 + 1);
  });

  it("is stored in the audit log, and is unknown for a socket and another Worker", async () => {
    const { browser, client, email, user } = await signUp();
    const headers = { "cf-connecting-ip": "203.0.113.7", "x-forwarded-for": "198.51.100.1" };
    for (const { path, headers: own, body } of Object.values(requestsTo("auth.login", { email, password }))) {
      await browser.fetch(path, { method: "POST", headers: { ...headers, ...own }, body, redirect: "manual" });
    }
    const { items: entries } = await client.account.audit.list.query({ action: "login" });
    expect(entries.map(({ network }) => network)).toEqual(Array(4).fill("203.0.113.7"));
    for (const transport of (await signedInTransports({ browser, user })).slice(-2)) {
      await transport.mutate("account.update", { profile: {} });
      const [newest] = (await client.account.audit.list.query({ action: "profile.update" })).items;
      expect(newest?.network).toBeUndefined();
    }
  });
});

describe("line breaks", () => {
  const lines = ["\r\nBcc: b@example.com", "\nBcc: b@example.com", "\rX-Forged: 1", "\u2028Bcc: b@example.com"];

  it("never reach a mail or a header, over any transport", async () => {
    const ada = await signUp();
    const { id } = await ada.client.organizations.create.mutate({ name: "Acme" });
    for (const line of lines) {
      for (const [path, input] of [
        ["auth.signup", { email: `a@example.com${line}`, password }],
        ["auth.login", { email: `a@example.com${line}`, password }],
        ["auth.requestPasswordReset", { email: `a@example.com${line}` }],
      ] as const) {
        for (const [name, { path: at, headers, body }] of Object.entries(requestsTo(path, input))) {
          const response = await send(at, { method: "POST", headers, body, redirect: "manual" });
          const answer = name === "form" ? response.headers.get("location") : await response.text();
          expect({ path, name, reply: answer }).toMatchObject({
            path,
            name,
            reply: expect.stringContaining("BAD_REQUEST"),
          });
        }
      }
      for (const transport of await signedInTransports(ada)) {
        expect(
          await codeOfCall(transport.mutate("auth.changeEmail", { email: `a@example.com${line}`, password })),
        ).toBe("BAD_REQUEST");
        expect(await codeOfCall(transport.mutate("sessions.rename", { id: ada.session.id, name: `a${line}` }))).toBe(
          line.startsWith("\u2028") ? "none" : "BAD_REQUEST",
        );
      }
      const rpc = overRpc(ada.user.id);
      const invitation = { organizationId: id, email: `a@example.com${line}`, role: "member" };
      expect(await codeOfCall(rpc.mutate("organizations.invitations.create", invitation))).toBe("BAD_REQUEST");
      if (line.startsWith("\u2028")) continue;
      // The mail of an invitation contains this name.
      expect(await codeOfCall(rpc.mutate("organizations.create", { name: `Acme${line}` }))).toBe("BAD_REQUEST");
    }
  });

  it("are never part of a form's redirect", async () => {
    for (const next of ["/a\r\nSet-Cookie: a=b", "/a%0d%0aSet-Cookie:%20a=b", "/\tb", "/a\u2028b"]) {
      const response = await openBrowser().fetch("/trpc/form/logout", {
        method: "POST",
        headers: form,
        body: new URLSearchParams({ next }).toString(),
        redirect: "manual",
      });
      expect(response.status).toBe(303);
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(response.headers.get("location")).toMatch(/^https:\/\/blog\.example\.com\/[!-~]*$/);
    }
  });
});
