import { argumentAt, reasonOf, userIdOf } from "./arguments.js";
import { pageOptions } from "./admin-options.js";
import { changeResult } from "./change-result.js";
import type { Command, CommandCall } from "./command.js";
import { formatList, formatTable } from "./format.js";
import { nextPageNote } from "./next-page-note.js";

function assignment(name: "assign" | "unassign", summary: string): Command {
  return {
    name: `roles ${name}`,
    args: ["<user>", "<role>"],
    summary,
    options: ["reason"],
    async run(call: CommandCall) {
      const role = argumentAt(call, 1);
      const input = { userId: await userIdOf(call), role, reason: await reasonOf(call) };
      const value = await call.client.admin.roles[name].mutate(input);
      return changeResult(value, `User ${input.userId}: role ${role} ${name}ed.`);
    },
  };
}

export const rolesCommands: readonly Command[] = [
  {
    name: "roles list",
    args: [],
    summary: "list the roles of the app",
    options: ["limit", "cursor"],
    async run({ client, values }) {
      const page = await client.admin.roles.list.query(pageOptions(values));
      const text = formatTable(
        page.items,
        [
          ["name", ({ name }) => name],
          ["members", ({ members }) => (members === null ? "all" : String(members))],
          ["defined", ({ builtin }) => (builtin ? "in code" : "at run time")],
          ["permissions", ({ permissions }) => formatList(permissions)],
          ["description", ({ description }) => description],
        ],
        "No roles.",
      );
      return { value: page, text, note: nextPageNote(page) };
    },
  },
  {
    name: "roles create",
    args: ["<role>"],
    summary: "create a role",
    options: ["description", "permission"],
    async run(call) {
      const name = argumentAt(call, 0);
      const { description, permission: permissions = [] } = call.values;
      const value = await call.client.admin.roles.create.mutate({
        name,
        permissions,
        ...(description !== undefined && { description }),
      });
      return { value, text: `Created the role ${name}.` };
    },
  },
  {
    name: "roles update",
    args: ["<role>"],
    summary: "change a role; --permission replaces all of its permissions",
    options: ["name", "description", "permission"],
    async run(call) {
      const name = argumentAt(call, 0);
      const { name: newName, description, permission: permissions } = call.values;
      const value = await call.client.admin.roles.update.mutate({
        name,
        ...(newName !== undefined && { newName }),
        ...(description !== undefined && { description }),
        ...(permissions && { permissions }),
      });
      return changeResult(value, `Updated the role ${name}.`);
    },
  },
  {
    name: "roles delete",
    args: ["<role>"],
    summary: "delete a role, and remove it from its members",
    options: ["yes"],
    async run(call) {
      const name = argumentAt(call, 0);
      await call.terminal.confirm(`Delete the role ${name}, and remove it from its members?`, call.values.yes);
      return changeResult(await call.client.admin.roles.delete.mutate({ name }), `Deleted the role ${name}.`);
    },
  },
  assignment("assign", "give a user a role"),
  assignment("unassign", "remove a role from a user"),
];
