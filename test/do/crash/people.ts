import { expect, vi } from "vitest";
import type { LinkKind } from "../../../src/do/mail/mail-message.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { countMails, tokenTo } from "../../fixtures/mail.js";
import { runAlarms } from "./stop-everywhere.js";

/** A browser of the app whose objects can be stopped. */
export const someone = () => openBrowser().client("batch", "/crash");

/** The token in the newest such mail. What is due is done at once, without the platform's pauses after a stop. */
export async function mailedTo(email: string, kind: LinkKind, count?: number): Promise<string> {
  const come = async (): Promise<void> => {
    await runAlarms();
    expect(countMails(email, kind)).toBeGreaterThanOrEqual(count ?? 1);
  };
  // A stop may have lost the request: then whoever waits gives up.
  await vi.waitFor(come, { timeout: count === undefined ? 1_000 : 8_000, interval: 5 });
  return tokenTo(email, kind);
}

export type Person = Awaited<ReturnType<typeof verified>>;

/** Somebody who signed up, and has shown that the address is theirs. */
export async function verified() {
  const client = someone();
  const email = freshEmail();
  const { user } = await client.auth.signup.mutate({ email, password });
  await client.auth.verifyEmail.mutate({ token: await mailedTo(email, "verifyEmail") });
  return { client, email, user };
}

/** Makes an organization, and answers its id. */
export async function acme({ client }: Person, name = "Acme"): Promise<string> {
  return (await client.organizations.create.mutate({ name })).id;
}

/** Takes all invitations back, so that a try leaves nothing to the next. */
export async function cancelAll({ client }: Person, ...ids: string[]): Promise<void> {
  const { list, cancel } = client.organizations.invitations;
  for (const organizationId of ids) {
    for (const { id: invitationId } of await list.query({ organizationId }))
      await cancel.mutate({ organizationId, invitationId });
  }
}
