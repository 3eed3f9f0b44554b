import type { Env } from "../../router/env.js";
import { ConfigurationError } from "../../shared/configuration-error.js";
import type { LinkKind } from "./mail-message.js";

/** Where the pages are that mails link to. */
export interface MailLinks {
  /** @default "/verify-email" */
  readonly verifyEmail?: string;
  /** @default "/reset-password" */
  readonly resetPassword?: string;
  /** @default "/confirm-email" */
  readonly changeEmail?: string;
  /** @default "/confirm-device" */
  readonly confirmDevice?: string;
  /** @default "/invitation" */
  readonly invitation?: string;
}

/** Where the app's pages are: fixed, or as a binding says. Never what a request said in its Host. */
export type AppUrl = string | ((env: Env) => string);

const defaults: Readonly<Record<LinkKind | "invitation", string>> = {
  verifyEmail: "/verify-email",
  resetPassword: "/reset-password",
  changeEmail: "/confirm-email",
  confirmDevice: "/confirm-device",
  invitation: "/invitation",
};

/** The page of the app that finishes what a mail is about, with what it needs where no server and no log sees it. */
export function linkTo(
  kind: LinkKind | "invitation",
  fragment: string,
  { base, links }: { base: string; links: MailLinks },
): string {
  return `${base}${links[kind] ?? defaults[kind]}#${fragment}`;
}

/** @throws ConfigurationError in one line, for what is no plain http(s) URL */
export function checkedAppUrl(value: unknown): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  const plain = url && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === "";
  if (plain) return url.href.replace(/\/+$/, "");
  throw new ConfigurationError(
    'The option `appUrl` of createUserDO is no URL that mails can link to. Set it to where the app\'s pages are, such as "https://app.example.com".',
  );
}
