import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { freshEmail, openBrowser, password, signUp } from "../../../fixtures/browser.js";
import { tokenTo } from "../../../fixtures/mail.js";
import {
  signedInTransports,
  codeOfCall,
  anonymousTransport,
  anonymousTransports,
  type Transport,
} from "../../../fixtures/transports.js";
import { openSocket } from "../../../fixtures/socket.js";

let ada: Awaited<ReturnType<typeof signUp>>;
let transports: readonly Transport[];

beforeAll(async () => {
  ada = await signUp();
  transports = await signedInTransports(ada);
});

afterEach(() => vi.restoreAllMocks());

const http = ["single", "batch", "batch-stream"] as const;

describe("an unacceptable password", () => {
  const none = {
    "0 bytes": "",
    "7 bytes": "1234567",
    "257 bytes": "\u00E9".repeat(128) + "x",
    "200 kB": "x".repeat(200_000),
    "a lone surrogate": "\uD800 horse battery",
  };

  it.each(Object.entries(none))("of %s is refused over every transport", async (name, invalid) => {
    for (const transport of anonymousTransports) {
      // A form cannot encode it. The replacement character would be another password.
      if (transport === "form" && name === "a lone surrogate") continue;
      const code = await codeOfCall(
        anonymousTransport(transport).mutate("auth.signup", { email: freshEmail(), password: invalid }),
      );
      expect({ transport, code }).toEqual({ transport, code: "BAD_REQUEST" });
    }
    for (const transport of transports) {
      const change = { currentPassword: password, newPassword: invalid };
      expect(await codeOfCall(transport.mutate("auth.changePassword", change))).toBe("BAD_REQUEST");
    }
    expect(await codeOfCall(anonymousTransport("single").mutate("auth.login", { email: ada.email, password }))).toBe(
      "none",
    );
  });

  it("does not consume a reset link, over any transport", async () => {
    const { email } = await signUp();
    await openBrowser().client().auth.requestPasswordReset.mutate({ email });
    const token = await tokenTo(email, "resetPassword");
    for (const invalid of Object.values(none)) {
      for (const transport of http) {
        expect(
          await codeOfCall(anonymousTransport(transport).mutate("auth.resetPassword", { token, password: invalid })),
        ).toBe("BAD_REQUEST");
      }
    }
    const good = { token, password: "another horse battery" };
    expect(await codeOfCall(anonymousTransport("single").mutate("auth.resetPassword", good))).toBe("none");
  });

  it("is neither hashed nor counted at sign-in, over any transport", async () => {
    const invalid = none["200 kB"];
    const senders = anonymousTransports.flatMap((name) => Array.from({ length: 3 }, () => anonymousTransport(name)));
    for (const transport of senders) {
      expect(await codeOfCall(transport.mutate("auth.login", { email: ada.email, password: invalid }))).toBe(
        "BAD_REQUEST",
      );
    }
    for (const transport of [...transports, ...transports]) {
      const change = { email: freshEmail(), password: invalid };
      expect(await codeOfCall(transport.mutate("auth.changeEmail", change))).toBe("BAD_REQUEST");
    }
    expect(await codeOfCall(anonymousTransport("form").mutate("auth.login", { email: ada.email, password }))).toBe(
      "none",
    );
    const [transport] = transports;
    expect(await codeOfCall(transport!.mutate("auth.changeEmail", { email: freshEmail(), password }))).toBe("none");
  });

  it("of a megabyte exceeds the size limit of every transport", async () => {
    const input = { email: ada.email, password: "x".repeat(1_048_576) };
    for (const name of anonymousTransports) {
      for (const path of ["auth.login", "auth.signup"]) {
        expect(await codeOfCall(anonymousTransport(name).mutate(path, input))).toBe("PAYLOAD_TOO_LARGE");
      }
    }
    const [rpc] = transports.filter(({ name }) => name === "RPC");
    expect(await codeOfCall(rpc!.mutate("account.delete", { password: input.password }))).toBe("BAD_REQUEST");
    const socket = await openSocket(ada.browser);
    socket.send({ id: 1, method: "mutation", params: { path: "auth.changeEmail", input: { json: input } } });
    expect((await socket.closed).code).toBe(1009);
  });
});

describe("passwords as typed", () => {
  it.each([
    ["a NUL", "horse\u0000battery", "horse"],
    ["emoji", "\u{1F40E}\u{1F50B}\u{1F4CE}\u{1F40E}\u{1F50B}\u{1F4CE}\u{1F40E}\u{1F50B}", undefined],
    ["spaces around it", "  correct horse  ", "correct horse"],
    ["an accent", "caf\u00E9 horse battery", "cafe horse battery"],
    ["a compatibility character", "\uFB01ne horse battery", "fine horse battery"],
    ["capitals", "Correct Horse Battery", "correct horse battery"],
    ["256 bytes", "\u00E9".repeat(128), `${"\u00E9".repeat(127)}e`],
  ])("are compared exactly over every transport: %s", async (_name, odd, other) => {
    const email = freshEmail();
    await openBrowser().client().auth.signup.mutate({ email, password: odd });
    for (const name of anonymousTransports) {
      expect(await codeOfCall(anonymousTransport(name).mutate("auth.login", { email, password: odd }))).toBe("none");
      if (other === undefined) continue;
      expect(await codeOfCall(anonymousTransport(name).mutate("auth.login", { email, password: other }))).toBe(
        "UNAUTHORIZED",
      );
    }
  });
});

it("accepts either Unicode form of a password over every transport", async () => {
  const email = freshEmail();
  await openBrowser().client().auth.signup.mutate({ email, password: "cafe\u0301 horse battery" });
  for (const name of anonymousTransports) {
    for (const typed of ["cafe\u0301 horse battery", "caf\u00E9 horse battery"]) {
      expect(await codeOfCall(anonymousTransport(name).mutate("auth.login", { email, password: typed }))).toBe("none");
    }
  }
});

describe("a stored hash that demands unbounded work", () => {
  it("is refused over every transport without details for the caller", async () => {
    const account = await signUp();
    const own = await signedInTransports(account);
    const absurd = `$scrypt$ln=30,r=8,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;
    await runInDurableObject(env.BLOG_DO.getByName(`user:${account.user.id}`), (_instance, { storage }) => {
      storage.sql.exec("UPDATE _account SET password_hash = ?", absurd);
    });
    vi.spyOn(console, "error").mockImplementation(() => {});
    const errors: unknown[] = [];
    const codeAndRecord = async (call: Promise<unknown>) =>
      call.then(
        () => "none",
        (error: unknown) => {
          errors.push(error);
          return codeOfCall(Promise.reject(error as Error));
        },
      );
    const credentials = { email: account.email, password };
    for (const name of anonymousTransports) {
      expect(await codeAndRecord(anonymousTransport(name).mutate("auth.login", credentials))).toBe(
        "INTERNAL_SERVER_ERROR",
      );
    }
    for (const transport of own) {
      const change = { email: freshEmail(), password };
      expect(await codeAndRecord(transport.mutate("auth.changeEmail", change))).toBe("INTERNAL_SERVER_ERROR");
    }
    for (const error of errors) expect(`${String(error)} ${JSON.stringify(error)}`).not.toMatch(/scrypt|allow-list/);
    expect(errors).toHaveLength(9);
  });
});
