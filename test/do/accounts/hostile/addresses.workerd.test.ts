import { env } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { freshEmail, openBrowser, password, signUp } from "../../../fixtures/browser.js";
import { mailsTo } from "../../../fixtures/app/mailbox.js";
import {
  signedInTransports,
  codeOfCall,
  anonymousTransport,
  anonymousTransports,
  type Transport,
} from "../../../fixtures/transports.js";

let ada: Awaited<ReturnType<typeof signUp>>;
let bob: Awaited<ReturnType<typeof signUp>>;
let transports: readonly Transport[];

beforeAll(async () => {
  const before = await listDurableObjectIds(env.BLOG_DO);
  [ada, bob] = [await signUp(), await signUp()];
  transports = await signedInTransports(ada);
  expect(await objectsSince(before)).not.toEqual([]);
});

/** The objects that were created since. */
async function objectsSince(before: readonly DurableObjectId[]): Promise<DurableObjectId[]> {
  const known = new Set(before.map(String));
  return (await listDurableObjectIds(env.BLOG_DO)).filter((id) => !known.has(String(id)));
}

const noAddress = {
  "a Kelvin sign": "\u212Aate@example.com",
  "a dotless i": "\u0131rene@example.com",
  "a dotted capital I": "\u0130rene@example.com",
  "a long s": "ro\u017Fe@example.com",
  "a full-width at sign": "a\uFF20example.com",
  "a full-width letter": "\uFF41@example.com",
  "a zero-width space": "a\u200B@example.com",
  "a letter written from right to left": "\u202Ea@example.com",
  quotes: '"a b"@example.com',
  "two lines": "a@example.com\r\nBcc: b@example.com",
  "255 characters": `${"a".repeat(243)}@example.com`,
  "a hundred thousand characters": `${"a".repeat(100_000)}@example.com`,
  "a domain of a thousand labels": `a@${"b.".repeat(1_000)}example.com`,
  "a NUL": "a\u0000@example.com",
  "a NUL at the end": "a@example.com\u0000",
  "a lone surrogate": "a\uD800@example.com",
  "a trailing dot": "a.@example.com",
  "a domain with a trailing dot": "a@example.com.",
  "two at signs": "a@b@example.com",
  "a display name": "Ada <ada@example.com>",
  "a path in its domain": "ada@example.com/x",
  "a port in its domain": "ada@example.com:80",
  "an address for a domain": "ada@[127.0.0.1]",
  "a number for a domain": "ada@0x7f000001",
  "no domain": "ada@localhost",
  "no text": "",
};

describe("an invalid address", () => {
  it.each(Object.entries(noAddress))(
    "%s is refused over every transport, and nothing is stored or mailed",
    async (_name, email) => {
      const before = await listDurableObjectIds(env.BLOG_DO);
      for (const name of anonymousTransports) {
        const transport = anonymousTransport(name);
        const calls = ["auth.signup", "auth.login"].map((path) => ({ path, input: { email, password } }));
        if (name !== "form") calls.push({ path: "auth.requestPasswordReset", input: { email } as never });
        for (const { path, input } of calls) {
          const code = await codeOfCall(transport.mutate(path, input));
          // Text beyond the limit of a form field or a URL is refused before it is validated.
          expect({ transport: name, path, code }).toEqual({ transport: name, path, code: "BAD_REQUEST" });
        }
      }
      for (const transport of transports) {
        for (const path of ["auth.changeEmail", "auth.signup", "auth.login"]) {
          const code = await codeOfCall(transport.mutate(path, { email, password }));
          // A server-side caller of a user reaches only that user's object, where these procedures do not run.
          const isWrongObject = transport.name === "RPC" && path !== "auth.changeEmail";
          expect({ transport: transport.name, path, code }).toEqual({
            transport: transport.name,
            path,
            code: isWrongObject ? "FORBIDDEN" : "BAD_REQUEST",
          });
        }
      }
      expect(mailsTo(email)).toEqual([]);
      expect(await objectsSince(before)).toEqual([]);
    },
  );

  it.each([
    ["a number", 7],
    ["a list", ["ada@example.com"]],
    ["an object", { toString: "ada@example.com" }],
    ["nothing", null],
  ])("%s is refused over every transport", async (_name, email) => {
    for (const name of ["single", "batch", "batch-stream"] as const) {
      expect(await codeOfCall(anonymousTransport(name).mutate("auth.signup", { email, password }))).toBe("BAD_REQUEST");
    }
    for (const transport of transports)
      expect(await codeOfCall(transport.mutate("auth.changeEmail", { email, password }))).toBe("BAD_REQUEST");
  });
});

describe("equal spellings of an address", () => {
  const spellings: Record<string, (email: string) => string> = {
    "in capitals": (email) => email.toUpperCase(),
    "with spaces around it": (email) => `  ${email}\t`,
    "with a line end": (email) => `${email}\r\n`,
    "with a soft hyphen in its domain": (email) => email.replace("example", "exam\u00ADple"),
    "with a full-width domain": (email) => email.replace("example", "\uFF45xample"),
  };

  async function expectSame(email: string, userId: string): Promise<void> {
    for (const name of anonymousTransports) {
      const browser = openBrowser();
      const transport = anonymousTransport(name, browser);
      expect(await codeOfCall(transport.mutate("auth.signup", { email, password }))).toBe("CONFLICT");
      expect(await codeOfCall(transport.mutate("auth.login", { email, password }))).toBe("none");
      expect((await browser.client().auth.me.query()).user.id).toBe(userId);
    }
    for (const transport of transports)
      expect(await codeOfCall(transport.mutate("auth.changeEmail", { email, password }))).toBe("CONFLICT");
  }

  it.each(Object.entries(spellings))("%s creates no second account over any transport", (_name, vary) =>
    expectSame(vary(bob.email), bob.user.id),
  );

  it("of an international domain create no second account over any transport", async () => {
    const email = `eve-${freshEmail().split("@")[0]}@b\u00FCcher.example`;
    const { user } = await signUp(email);
    for (const domain of ["xn--bcher-kva", "B\u00DCCHER", "bu\u0308cher"]) {
      await expectSame(email.replace("b\u00FCcher", domain), user.id);
    }
  });

  it("do not include other plus tags and dots", async () => {
    const [name, domain] = ada.email.split("@");
    expect((await signUp(`${name}+tag@${domain}`)).user.id).not.toBe(ada.user.id);
    expect((await signUp(`${name?.replace("user-", "user.")}@${domain}`)).user.id).not.toBe(ada.user.id);
  });

  it("create one account for twenty sign-ups at once over all transports", async () => {
    const email = freshEmail();
    const vary = Object.values(spellings);
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const transport = anonymousTransport(anonymousTransports[index % anonymousTransports.length] ?? "single");
        const spelling = vary[index % vary.length]?.(email) ?? email;
        return codeOfCall(transport.mutate("auth.signup", { email: spelling, password: `${password} ${index}` }));
      }),
    );
    expect(codes.toSorted()).toEqual([...Array<string>(19).fill("CONFLICT"), "none"]);
  });
});
