import { evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { accountEndings, type AccountEvent, type Ending } from "../../../src/do/accounts/revocations.js";
import type { MailPurpose } from "../../../src/jwt/mail-token.js";
import {
  cause,
  deliverWaiting,
  happen,
  delayMail,
  mailedTo,
  newAccount,
  newestLink,
  objectOf,
  signInAgain,
  tokensOf,
  useLink,
  waitingMails,
  type TestAccount,
} from "../../fixtures/account-events.js";
import { holdMailAnswer, loseMailAnswers } from "../../fixtures/app/mailbox.js";
import { openBrowser, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails } from "../../fixtures/mail.js";

const events = Object.keys(accountEndings) as AccountEvent[];
const purposes = Object.keys(accountEndings.accountDeleted.links) as MailPurpose[];
/** When the object of the user is evicted, in turn. */
const evictions = ["never", "before the event", "after the event"] as const;

let row = 0;
const cells = events.flatMap((event) =>
  purposes.map((purpose) => ({
    event,
    purpose,
    ends: accountEndings[event].links[purpose],
    eviction: evictions[row++ % evictions.length] ?? "never",
  })),
);

afterEach(() => void vi.useRealTimers());

/** Causes the event, with an eviction before or after it. */
async function passEvent(account: TestAccount, event: AccountEvent, eviction: (typeof evictions)[number]) {
  if (eviction === "before the event") await evictDurableObject(objectOf(account));
  await happen[event](account);
  if (eviction === "after the event") await evictDurableObject(objectOf(account));
}

/** Purposes whose used links answer a repeat like the first use. */
type RepeatablePurpose = Exclude<MailPurpose, "confirmDevice">;

/** The event that uses a link of this purpose. A link that confirms a device causes no event. */
const eventOf: Record<RepeatablePurpose, AccountEvent> & { confirmDevice?: undefined } = {
  verifyEmail: "emailVerified",
  resetPassword: "passwordReset",
  changeEmail: "emailChanged",
};

describe.each(cells)("$event and a link for $purpose (evicted: $eviction)", ({ event, purpose, ends, eviction }) => {
  it(`${ends ? "revokes" : "keeps"} a link that was mailed before`, async () => {
    const account = await newAccount();
    const { length } = await tokensOf(account, purpose, 0);
    // Two links are valid: the event may use one of them.
    loseMailAnswers(mailedTo(account, purpose), 1);
    await cause(account, purpose);
    await delayMail(account);
    await deliverWaiting(account);
    const [first = ""] = (await tokensOf(account, purpose, length + 2)).slice(length);
    await passEvent(account, event, eviction);
    expect(await useLink(account, purpose, first)).toBe(ends ? "BAD_REQUEST" : "none");
  });

  it(`${ends ? "deletes" : "sends"} a mail that waits in the outbox`, async () => {
    const account = await newAccount();
    const address = mailedTo(account, purpose);
    // It is delivered once, so that the event may use it, and waits to be sent again.
    loseMailAnswers(address, 1);
    await cause(account, purpose);
    await delayMail(account);
    const before = countMails(address, purpose);
    await passEvent(account, event, eviction);
    await deliverWaiting(account);
    if (ends) expect(countMails(address, purpose)).toBe(before);
    else {
      const tokens = await tokensOf(account, purpose, before + 1);
      expect(await useLink(account, purpose, tokens.at(-1) ?? "")).toBe("none");
    }
  });
});

describe.each(cells)("$event and a link for $purpose", ({ event, purpose, ends }) => {
  it(`${ends ? "does not retry" : "retries"} a mail that was being sent`, async () => {
    const account = await newAccount();
    const address = mailedTo(account, purpose);
    const link = purposes.find((each) => eventOf[each] === event);
    // Mailed before: the next mail waits for the one that is being sent.
    if (link !== undefined && link !== purpose) await newestLink(account, link);
    const before = countMails(address, purpose);
    const failToAnswer = holdMailAnswer(address);
    await cause(account, purpose);
    const sent = await tokensOf(account, purpose, before + 1);
    await passEvent(account, event, "never");
    failToAnswer();
    if (ends) {
      await deliverWaiting(account);
      expect(await waitingMails(account, purpose)).toBe(0);
      expect(countMails(address, purpose)).toBe(before + 1);
      if (eventOf[purpose] !== event) expect(await useLink(account, purpose, sent.at(-1) ?? "")).toBe("BAD_REQUEST");
    } else {
      await delayMail(account);
      await deliverWaiting(account);
      const tokens = await tokensOf(account, purpose, before + 2);
      expect(await useLink(account, purpose, tokens.at(-1) ?? "")).toBe("none");
    }
  });
});

// No link verifies an address that a link for one of the other purposes has verified.
const usedCells = cells.flatMap(({ purpose, ...cell }) =>
  purpose === "confirmDevice" || (cell.event === "emailVerified" && purpose !== "resetPassword")
    ? []
    : [{ purpose, ...cell }],
);

describe.each(usedCells)(
  "$event and a link for $purpose (evicted: $eviction)",
  ({ event, purpose, ends, eviction }) => {
    it(`${ends ? "deletes" : "keeps"} the stored answer to a link that was used before`, async () => {
      const account = await newAccount();
      await happen[eventOf[purpose]](account);
      const [token = ""] = account.used;
      expect(await useLink(account, purpose, token)).toBe("none");
      if (purpose === "resetPassword") await signInAgain(account);
      await passEvent(account, event, eviction);
      expect(await useLink(account, purpose, token)).toBe(ends ? "BAD_REQUEST" : "none");
    });
  },
);

// A pending change that was confirmed has no address to free.
describe.each(events.filter((event) => event !== "emailChanged"))("%s and a pending change", (event) => {
  const ends = accountEndings[event].links.changeEmail;

  it(`${ends ? "frees" : "keeps"} its address`, async () => {
    const account = await newAccount();
    await cause(account, "changeEmail");
    await passEvent(account, event, "never");
    await eventually(async () => expect(await codeOf(signUp(account.target))).toBe(ends ? "none" : "CONFLICT"));
  });
});

describe.each(events)("%s", (event) => {
  const { devices, sessions } = accountEndings[event];
  const eviction = evictions[events.indexOf(event) % evictions.length] ?? "never";

  it(`${devices ? "deletes" : "keeps"} known devices`, async () => {
    const account = await newAccount();
    // The duration of a hash must not end a wait.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    await passEvent(account, event, eviction);
    if (event === "accountDeleted") await eventually(() => signUp(account.email));
    const { email, password } = account;
    const login = (secret: string, browser = openBrowser()) =>
      codeOf(browser.client().auth.login.mutate({ email, password: secret }));
    await Promise.all(Array.from({ length: 8 }, () => login("not the password")));
    expect(await login(password)).toBe("TOO_MANY_REQUESTS");
    expect(await login(password, account.known)).toBe(devices ? "TOO_MANY_REQUESTS" : "none");
  });

  it(`ends sessions: ${sessions}`, async () => {
    const account = await newAccount();
    const { client, other } = account;
    await passEvent(account, event, eviction);
    const alive = await Promise.all([client, other].map((each) => codeOf(each.auth.me.query())));
    const own = sessions === "all" ? "UNAUTHORIZED" : "none";
    expect(alive).toEqual([own, sessions === "none" ? "none" : "UNAUTHORIZED"]);
  });
});

describe("the table of account events", () => {
  it("does not compile while a column of an event is not decided", () => {
    // @ts-expect-error the links are missing
    const withoutLinks: Ending = { devices: true, sessions: "all" };
    // @ts-expect-error one purpose is missing
    const withoutPurpose: Ending["links"] = { verifyEmail: true, resetPassword: true };
    // @ts-expect-error an event is missing
    const withoutEvent: typeof accountEndings = { emailVerified: accountEndings.emailVerified };
    expect([withoutLinks, withoutPurpose, withoutEvent]).toHaveLength(3);
  });
});
