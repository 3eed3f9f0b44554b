import type { OrganizationOverview } from "../../shared/operator.js";
import { argumentAt, reasonOf } from "./arguments.js";
import { pageOptions, restorePointOption } from "./admin-options.js";
import { changeResult } from "./change-result.js";
import type { Command } from "./command.js";
import { formatDay, formatFields, formatTable, formatTime } from "./format.js";
import { formatDeadLetters } from "./format-user.js";
import { nextPageNote } from "./next-page-note.js";
import { restoreQuestion, restoreResult } from "./restore-result.js";

export const organizationsCommands: readonly Command[] = [
  {
    name: "organizations list",
    args: [],
    summary: "list organizations",
    options: ["limit", "cursor"],
    async run({ client, values }) {
      const page = await client.admin.organizations.list.query(pageOptions(values));
      const text = formatTable(
        page.items,
        [
          ["id", ({ id }) => id],
          ["name", ({ name }) => name ?? "-"],
          ["members", ({ memberCount }) => String(memberCount)],
          ["created", ({ createdAt }) => formatDay(createdAt)],
        ],
        "No organizations.",
      );
      return { value: page, text, note: nextPageNote(page) };
    },
  },
  {
    name: "organizations show",
    args: ["<organization>"],
    summary: "show an organization and its members",
    options: [],
    async run(call) {
      const value = await call.client.admin.organizations.get.query({ id: argumentAt(call, 0) });
      return { value, text: formatOrganization(value) };
    },
  },
  {
    name: "organizations restore",
    args: ["<organization>"],
    summary: "restore the rows and keys of an organization as they were earlier",
    options: ["at", "bookmark", "reason", "yes"],
    async run(call) {
      const point = restorePointOption(call.values);
      const id = argumentAt(call, 0);
      const reason = await reasonOf(call);
      await call.terminal.confirm(restoreQuestion(`organization ${id}`, point), call.values.yes);
      const value = await call.client.admin.organizations.restore.mutate({ id, reason, ...point });
      return restoreResult(value, `Organization ${id}`);
    },
  },
  {
    name: "organizations delete",
    args: ["<organization>"],
    summary: "delete an organization with all data, permanently",
    options: ["reason", "yes"],
    async run(call) {
      const id = argumentAt(call, 0);
      const reason = await reasonOf(call);
      await call.terminal.confirm(
        `Delete organization ${id} with all data, for all members, permanently?`,
        call.values.yes,
      );
      const value = await call.client.admin.organizations.delete.mutate({ id, reason });
      return changeResult(value, `Organization ${id}: deleted.`);
    },
  },
];

function formatOrganization({ organization, members, ...rest }: OrganizationOverview): string {
  const fields = formatFields({
    id: organization.id,
    name: organization.name,
    created: formatTime(organization.createdAt),
    invitations: String(rest.pendingInvitations),
    storage: `${Math.ceil(rest.storageBytes / 1_000)} kB`,
    schema: `framework ${rest.schemaVersion}`,
  });
  const table = formatTable(
    members,
    [
      ["user", ({ userId }) => userId],
      ["email", ({ email }) => email],
      ["role", ({ role }) => role],
      ["joined", ({ joinedAt }) => formatDay(joinedAt)],
    ],
    "No members.",
  );
  return `${fields}\n\nMembers\n${table}\n\nDead letters\n${formatDeadLetters(rest.deadLetters)}`;
}
