import { vi } from "vitest";
import type { LinkKind } from "../../../src/do/mail/mail-message.js";
import { hasStopped } from "../../fixtures/app/crash-points.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { countMails, tokenTo } from "../../fixtures/mail.js";
import { runAlarms } from "./stop-everywhere.js";

/** A browser of the app whose objects can be stopped. */
export const anonymousClient = () => openBrowser().client("batch", "/crash");

/** How many rounds of alarms a user waits for a mail after a stop. */
const ROUNDS_AFTER_STOP = 20;

/**
 * The token in the newest mail of a kind. Due alarms run at once, without the platform's pauses after a stop.
 *
 * @throws Error if an object was stopped and no mail follows, because the stop may have lost the request. Only without
 * a `count`.
 */
export async function mailedTo(email: string, kind: LinkKind, count?: number): Promise<string> {
  let rounds = 0;
  const hasMail = async (): Promise<boolean> => {
    await runAlarms();
    if (countMails(email, kind) >= (count ?? 1)) return true;
    if (count === undefined && hasStopped()) rounds++;
    if (rounds < ROUNDS_AFTER_STOP) throw new Error(`No mail has come to ${email}.`);
    return false;
  };
  const hasArrived = await vi.waitFor(hasMail, { timeout: 8_000, interval: 5 });
  if (!hasArrived) throw new Error("A stop has lost the request for a mail.");
  return tokenTo(email, kind);
}

export type Person = Awaited<ReturnType<typeof verified>>;

/** A user who signed up and verified the address. */
export async function verified() {
  const client = anonymousClient();
  const email = freshEmail();
  const { user } = await client.auth.signup.mutate({ email, password });
  await client.auth.verifyEmail.mutate({ token: await mailedTo(email, "verifyEmail") });
  return { client, email, user };
}

/** Creates an organization, and returns its id. */
export async function acme({ client }: Person, name = "Acme"): Promise<string> {
  return (await client.organizations.create.mutate({ name })).id;
}

/** Deletes all invitations, so that a try leaves nothing to the next one. */
export async function cancelAll({ client }: Person, ...ids: string[]): Promise<void> {
  const { list, cancel } = client.organizations.invitations;
  for (const organizationId of ids) {
    for (const { id: invitationId } of await list.query({ organizationId }))
      await cancel.mutate({ organizationId, invitationId });
  }
}
