import { expect, it } from "vitest";
import { createMailer } from "../../../src/do/mail/create-mailer.js";
import { Undeliverable } from "../../../src/do/messaging/undeliverable.js";
import type { StoredOutboxMessage } from "../../../src/do/messaging/outbox-store.js";
import { createInvitationMailer } from "../../../src/do/organizations/create-invitation-mailer.js";

const sent: unknown[] = [];
const hook = {
  env: {} as Cloudflare.Env,
  settings: { send: (message: unknown) => Promise.resolve(void sent.push(message)), appUrl: undefined, links: {} },
};
const unexpected = (): never => {
  throw new Error("A mail of an unknown kind must not call this.");
};
const mailers = {
  account: createMailer({
    ...hook,
    userId: "1".repeat(32),
    identity: unexpected,
    tokens: {} as never,
    isPending: unexpected,
    count: unexpected,
  }),
  invitation: createInvitationMailer({ ...hook, mails: { take: unexpected }, isBlocked: unexpected }),
};

it.each(["account", "invitation"] as const)(
  "keeps a mail in the outbox if only a newer version knows its kind (%s)",
  async (mailer) => {
    for (const kind of ["newer", "toString"]) {
      const message: StoredOutboxMessage = {
        target: "mail",
        seq: 1,
        kind,
        payload: { to: { shape: "newer" } },
        attempts: 0,
        due: 0,
      };
      const error = await mailers[mailer](message).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ message: `This version does not know mails of the kind "${kind}".` });
      // An undeliverable message would be deleted at once.
      expect(error).not.toBeInstanceOf(Undeliverable);
    }
    expect(sent).toEqual([]);
  },
);
