import { expect, test } from "vitest";
import { linkTo } from "../../../src/do/mail/links.js";
import { createMailHook } from "../../../src/do/mail/mail-hook.js";
import { mailSettings, type MailOptions } from "../../../src/do/mail/mail-options.js";

function linkOf(options: MailOptions): string {
  const settings = mailSettings({ mail: () => Promise.resolve(), ...options });
  const hook = createMailHook({ env: { APP_URL: "https://bound.example/" } as unknown as Cloudflare.Env, settings });
  return linkTo("verifyEmail", "token=t", { base: hook.base(), links: settings.links });
}

test.each<[string, MailOptions, string]>([
  ["nothing else: a path, for a hook that mails the token or completes it", {}, "/verify-email#token=t"],
  ["an appUrl", { appUrl: "https://app.example.com/blog/" }, "https://app.example.com/blog/verify-email#token=t"],
  [
    "an appUrl from a binding",
    { appUrl: (env) => (env as unknown as { APP_URL: string }).APP_URL },
    "https://bound.example/verify-email#token=t",
  ],
  ["paths of its own", { mailLinks: { verifyEmail: "/ok" } }, "/ok#token=t"],
])("refuses a mail hook with %s", (_name, options, link) => {
  expect(linkOf(options)).toBe(link);
});

test("names an invalid appUrl", () => {
  expect(() => linkOf({ appUrl: "app.example.com" })).toThrow("appUrl");
});
