import { expect } from "vitest";
import type { WaitingInvitation } from "../../../src/do/organizations/waiting-invitation.js";
import type { StoredObject } from "./stop-everywhere.js";

type Row = StoredObject["tables"][string][number];

const idOf = ({ name }: StoredObject): string => name.slice(name.indexOf(":") + 1);
const rowsOf = ({ tables }: StoredObject, table: string): readonly Row[] => tables[table] ?? [];

/** Sorts, so that an irrelevant order does not matter. */
const unordered = (facts: readonly unknown[]): string[] => facts.map((fact) => JSON.stringify(fact)).toSorted();

/**
 * Expects that what objects store about each other agrees on both sides: memberships with their roles, invitations, and
 * the owners of addresses. Every organization must have an owner. No message may be waiting or given up.
 */
export function expectConsistency(stored: readonly StoredObject[]): void {
  const of = (kind: string) => stored.filter(({ name }) => name.startsWith(`${kind}:`));
  const [organizations, users, addresses] = [of("organization"), of("user"), of("email")];
  const accounts = users.flatMap((user) => rowsOf(user, "_account").map((row) => ({ user, row })));

  const members = organizations.flatMap((each) =>
    rowsOf(each, "_members").map((row) => {
      const [organization] = rowsOf(each, "_organization");
      return [idOf(each), organization?.["name"], row["user_id"], row["email"], row["role"]];
    }),
  );
  const listed = accounts.flatMap(({ user, row: { email } }) =>
    rowsOf(user, "_organizations").map(({ id, name, role }) => [id, name, idOf(user), email, role]),
  );
  expect(unordered(listed)).toEqual(unordered(members));
  for (const each of organizations.filter((object) => rowsOf(object, "_organization").length > 0))
    expect(rowsOf(each, "_members").map(({ role }) => role)).toContain("owner");

  const invitations = organizations.flatMap((each) =>
    rowsOf(each, "_invitations").map(({ id, email, role }) => [idOf(each), id, email, role]),
  );
  const waiting = addresses.flatMap((each) =>
    rowsOf(each, "_waiting").map(({ invitation }) => {
      const { organizationId, id, email, role } = JSON.parse(String(invitation)) as WaitingInvitation;
      return [organizationId, id, email, role];
    }),
  );
  expect(unordered(waiting)).toEqual(unordered(invitations));
  const toAccounts = waiting.filter(([, , email]) => accounts.some(({ row }) => row["email"] === email));
  const invited = users.flatMap((user) =>
    rowsOf(user, "_invited").map(({ organization_id, id, email, role }) => [organization_id, id, email, role]),
  );
  expect(unordered(invited)).toEqual(unordered(toAccounts));

  const pointers = addresses.flatMap((each) =>
    rowsOf(each, "_pointer").map(({ user_id, committed }) => [user_id, committed]),
  );
  expect(unordered(pointers)).toEqual(unordered(accounts.map(({ user }) => [idOf(user), 1])));

  for (const table of ["_outbox", "_dead_letters", "_deletion", "_accepted"])
    expect(stored.flatMap((each) => rowsOf(each, table))).toEqual([]);
}

/** Expects that the directory lists these objects as they are, and none that were deleted. */
export function expectListed(stored: readonly StoredObject[]): void {
  const listed = (table: string) =>
    new Map(
      stored
        .filter(({ name }) => name.startsWith("directory:"))
        .flatMap((each) => rowsOf(each, table).map((row) => [row["id"], row] as const)),
    );
  const [users, organizations] = [listed("_users"), listed("_organizations")];
  for (const each of stored.filter(({ name }) => name.startsWith("user:"))) {
    const [account] = rowsOf(each, "_account");
    const entry = users.get(idOf(each));
    const shown = entry && { verified: entry["email_verified"], organizations: entry["organization_count"] };
    const expected = { verified: account?.["email_verified"], organizations: rowsOf(each, "_organizations").length };
    expect(shown, each.name).toEqual(account && expected);
  }
  for (const each of stored.filter(({ name }) => name.startsWith("organization:"))) {
    const isStored = rowsOf(each, "_organization").length > 0;
    const members = organizations.get(idOf(each))?.["member_count"];
    expect(members, each.name).toBe(isStored ? rowsOf(each, "_members").length : undefined);
  }
}

/** Ids may remain in the tables of message numbers, logged changes, released leases, deleted entries and audit logs. */
const BOOKKEEPING = new Set(["_inbox", "_outbox_seq", "_changes", "_lease_holders", "_deleted", "_actions"]);

/**
 * Expects that none of these texts is stored anywhere, except ids in such bookkeeping and in tables that may contain
 * them.
 */
export function expectNowhere(
  stored: readonly StoredObject[],
  texts: readonly string[],
  ...allowed: readonly string[]
): void {
  for (const { name, tables, keys } of stored) {
    const kept = Object.entries(tables).filter(([table]) => !BOOKKEEPING.has(table) && !allowed.includes(table));
    for (const text of texts) expect(JSON.stringify([kept, keys]), name).not.toContain(text);
  }
}

/** Nothing of an organization is stored, except perhaps the record of its deletion, which expires by itself. */
export function expectEnded(stored: readonly StoredObject[], organizationId: string): void {
  const { tables, keys, alarm } = stored.find(({ name }) => name === `organization:${organizationId}`) ?? {};
  expect(tables).toEqual({});
  expect([keys, typeof alarm]).toEqual(alarm === null ? [[], "object"] : [["userdo:deleted"], "number"]);
}
