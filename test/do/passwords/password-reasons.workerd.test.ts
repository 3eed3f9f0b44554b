import { env } from "cloudflare:workers";
import type { TRPCClient } from "@trpc/client";
import { beforeAll, describe, expect, it } from "vitest";
import { createCaller } from "trpc-userdo/worker";
import { errorReason, type ErrorReason } from "../../../src/shared/error-reason.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { tokenTo } from "../../fixtures/mail.js";

const newPasswords: readonly (readonly [ErrorReason, string, string])[] = [
  ["PASSWORD_TOO_SHORT", "", "Password must be at least 8 characters."],
  ["PASSWORD_TOO_SHORT", "1234567", "Password must be at least 8 characters."],
  ["PASSWORD_TOO_LONG", "x".repeat(257), "Password must be at most 256 characters, or fewer with accents or emoji."],
  [
    "PASSWORD_TOO_LONG",
    "\u0301".repeat(1_000),
    "Password must be at most 256 characters, or fewer with accents or emoji.",
  ],
  ["WEAK_PASSWORD", "password123", "This password is one of the most common ones. Choose another one."],
  ["WEAK_PASSWORD", "PASSWORD123", "This password is one of the most common ones. Choose another one."],
  [
    "WEAK_PASSWORD",
    "12341234",
    "This password is a repetition or a sequence, which is easy to guess. Choose another one.",
  ],
];

type Client = TRPCClient<AppRouter>;

let person: { readonly client: Client; readonly user: { readonly id: string }; readonly email: string; token: string };

beforeAll(async () => {
  const { client, user, email } = await signUp();
  await openBrowser().client().auth.requestPasswordReset.mutate({ email });
  person = { client, user, email, token: await tokenTo(email, "resetPassword") };
});

const setters: readonly (readonly [string, (value: string) => Promise<unknown>])[] = [
  ["auth.signup", (value) => openBrowser().client().auth.signup.mutate({ email: freshEmail(), password: value })],
  [
    "auth.changePassword",
    (value) => person.client.auth.changePassword.mutate({ currentPassword: password, newPassword: value }),
  ],
  [
    "auth.resetPassword",
    (value) => openBrowser().client().auth.resetPassword.mutate({ token: person.token, password: value }),
  ],
  [
    "auth.changePassword of a server caller",
    (value) =>
      createCaller<AppRouter>(env.BLOG_DO)
        .asUser({ userId: person.user.id })
        .auth.changePassword({ currentPassword: password, newPassword: value }),
  ],
];

const rejection = (call: Promise<unknown>) =>
  call.then(
    () => expect.fail("The call was not rejected."),
    (error: unknown) => error as Error & { data?: { code?: unknown } },
  );

describe.each(setters)("%s", (_name, set) => {
  it.each(newPasswords)("refuses a password with the reason %s (case %#)", async (reason, value, sentence) => {
    const error = await rejection(set(value));
    expect(errorReason(error)).toBe(reason);
    expect(error.message).toContain(sentence);
  });
});

describe("a password that is wrong", () => {
  it.each<readonly [string, ErrorReason, () => Promise<unknown>]>([
    [
      "auth.login",
      "WRONG_CREDENTIALS",
      () => openBrowser().client().auth.login.mutate({ email: person.email, password: "not the right one" }),
    ],
    [
      "auth.login of an unknown address",
      "WRONG_CREDENTIALS",
      () => openBrowser().client().auth.login.mutate({ email: freshEmail(), password: "not the right one" }),
    ],
    [
      "auth.changePassword",
      "WRONG_PASSWORD",
      () =>
        person.client.auth.changePassword.mutate({
          currentPassword: "not the right one",
          newPassword: "another horse",
        }),
    ],
    [
      "auth.changeEmail",
      "WRONG_PASSWORD",
      () => person.client.auth.changeEmail.mutate({ email: freshEmail(), password: "not the right one" }),
    ],
    ["account.delete", "WRONG_PASSWORD", () => person.client.account.delete.mutate({ password: "not the right one" })],
  ])("%s has the reason %s", async (_name, reason, call) => {
    const error = await rejection(call());
    expect(error.data?.code).toBe("UNAUTHORIZED");
    expect(errorReason(error)).toBe(reason);
    expect(error.message).toMatch(/is wrong\. Check (it|both) and try again\.$/);
  });

  it("has the same error for an unknown address", async () => {
    const wrong = { password: "not the right one" };
    const [known, unknown] = await Promise.all(
      [person.email, freshEmail()].map((email) =>
        rejection(
          openBrowser()
            .client()
            .auth.login.mutate({ email, ...wrong }),
        ),
      ),
    );
    expect({ ...known?.data, message: known?.message }).toEqual({ ...unknown?.data, message: unknown?.message });
  });
});

it("names the first problem about a password when other fields are refused too", async () => {
  const error = await rejection(openBrowser().client().auth.signup.mutate({ email: "nobody", password: "short" }));
  expect(errorReason(error)).toBe("PASSWORD_TOO_SHORT");
  expect(error.message).toContain("Enter a valid email address.");
});
