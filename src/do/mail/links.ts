import type { Env } from "../../router/env.js";
import { ConfigurationError } from "../../shared/configuration-error.js";
import type { LinkKind } from "./mail-message.js";

/** Paths of the pages that mails link to. */
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

/**
 * The base URL of the app's pages, as a constant or read from a binding. It never comes from the `Host` of a request, which
 * a client could forge.
 */
export type AppUrl = string | ((env: Env) => string);

const defaults: Readonly<Record<LinkKind | "invitation", string>> = {
  verifyEmail: "/verify-email",
  resetPassword: "/reset-password",
  changeEmail: "/confirm-email",
  confirmDevice: "/confirm-device",
  invitation: "/invitation",
};

/** Returns the link of a mail. Its data is in the fragment, which appears neither in requests nor in logs. */
export function linkTo(
  kind: LinkKind | "invitation",
  fragment: string,
  { base, links }: { base: string; links: MailLinks },
): string {
  return `${base}${links[kind] ?? defaults[kind]}#${fragment}`;
}

/** @throws ConfigurationError if the value is not an http(s) URL without credentials, query and fragment */
export function checkedAppUrl(value: unknown): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  const plain = url && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === "";
  if (plain) return url.href.replace(/\/+$/, "");
  throw new ConfigurationError(
    'The option `appUrl` of createUserDO is not a URL that mails can link to. Set it to the base URL of the app\'s pages, such as "https://app.example.com".',
  );
}
