import { describe, expect, it } from "vitest";
import { isWithinMailLimits } from "../../../src/do/mail/mail-limits.js";
import type { MailKind } from "../../../src/do/mail/mail-message.js";

const kinds: readonly MailKind[] = [
  "verifyEmail",
  "resetPassword",
  "confirmDevice",
  "changeEmail",
  "invitation",
  "emailChanged",
  "passwordChanged",
  "accountDeleted",
];

/** The mails that are sent when the given ones are requested in order. */
function sentOf(requested: readonly MailKind[]): MailKind[] {
  return requested.reduce<MailKind[]>((sent, kind) => (isWithinMailLimits(kind, sent) ? [...sent, kind] : sent), []);
}

const countOf = (mails: readonly MailKind[], kind: MailKind) => mails.filter((each) => each === kind).length;
const many = (...requested: MailKind[]) => Array.from({ length: 20 }, () => requested).flat();

/** Kinds with a separate limit. */
const separate: readonly MailKind[] = ["resetPassword", "confirmDevice"];

describe("the mails to one address within an hour", () => {
  it.each(kinds)("are at most three of the kind %s", (kind) => {
    expect(sentOf(many(kind))).toEqual([kind, kind, kind]);
  });

  it("are at most 13 in total, and ten without links that confirm a device, in any order of kinds", () => {
    for (let first = 0; first < kinds.length; first++) {
      const rotated = [...kinds.slice(first), ...kinds.slice(0, first)];
      expect(sentOf(many(...rotated))).toHaveLength(13);
      const oneAfterTheOther = rotated.flatMap((kind) => many(kind));
      expect(sentOf(oneAfterTheOther).length).toBeLessThanOrEqual(13);
      const others = rotated.filter((kind) => kind !== "confirmDevice");
      expect(sentOf(many(...others))).toHaveLength(10);
    }
  });

  it.each(["verifyEmail", "passwordChanged", "emailChanged", "accountDeleted"] as const)(
    "include the first %s, whatever was sent before",
    (kind) => {
      const others = kinds.filter((each) => each !== kind);
      for (const requested of [many(...others), many(...others.toReversed()), many("invitation", "changeEmail")]) {
        expect(countOf(sentOf([...requested, kind]), kind)).toBe(1);
      }
    },
  );

  it.each(separate)("do not affect how many of the kind %s are sent", (kind) => {
    const others = kinds.filter((each) => each !== kind);
    for (const requested of [[], many("invitation"), many(...others), many(...others.toReversed())]) {
      expect(countOf(sentOf([...requested, ...many(kind)]), kind)).toBe(3);
    }
  });
});
