import type { DirectoryUser } from "../../shared/directory.js";
import { userIdOf, reasonOf, argumentAt } from "./arguments.js";
import { dateOption, pageOptions, restorePointOption, statusOption, untilOption } from "./admin-options.js";
import { changeResult } from "./change-result.js";
import type { Command, CommandCall, CommandResult } from "./command.js";
import { CommandFailure } from "./command-failure.js";
import { exportUser } from "./export-user.js";
import { formatDay, formatList, formatTable, type Column } from "./format.js";
import { formatUser } from "./format-user.js";
import { nextPageNote } from "./next-page-note.js";
import { restoreQuestion, restoreResult } from "./restore-result.js";

const columns: readonly Column<DirectoryUser>[] = [
  ["id", ({ id }) => id],
  ["email", ({ email, emailVerified }) => (email === undefined ? "-" : email + (emailVerified ? "" : " (unverified)"))],
  ["status", ({ status }) => status],
  ["roles", ({ roles }) => formatList(roles)],
  ["created", ({ createdAt }) => formatDay(createdAt)],
  ["last seen", ({ lastSeenAt }) => formatDay(lastSeenAt)],
  ["organizations", ({ organizationCount }) => String(organizationCount)],
];

/** A command that does something to one user. `done` completes a sentence about the user. */
function action(
  name: "unsuspend" | "revokeSessions" | "sendPasswordReset" | "resendVerification",
  command: string,
  summary: string,
  done: string,
): Command {
  return {
    name: `users ${command}`,
    args: ["<user>"],
    summary,
    options: ["reason"],
    async run(call) {
      const input = { userId: await userIdOf(call), reason: await reasonOf(call) };
      const value = await call.client.admin.users[name].mutate(input);
      return changeResult(value, `User ${input.userId}: ${done}`);
    },
  };
}

async function suspend(call: CommandCall): Promise<CommandResult> {
  const until = untilOption(call.values);
  const input = { userId: await userIdOf(call), reason: await reasonOf(call), ...(until && { until }) };
  const value = await call.client.admin.users.suspend.mutate(input);
  const end = until ? `until ${until.toISOString()}` : "until you end it with users unsuspend";
  return changeResult(value, `User ${input.userId}: suspended ${end}.`);
}

async function remove(call: CommandCall): Promise<CommandResult> {
  const userId = await userIdOf(call);
  const reason = await reasonOf(call);
  await call.terminal.confirm(`Delete ${nameOf(call, userId)} with all data, permanently?`, call.values.yes);
  const value = await call.client.admin.users.delete.mutate({ userId, reason });
  return changeResult(value, `User ${userId}: deleted.`);
}

async function restore(call: CommandCall): Promise<CommandResult> {
  const point = restorePointOption(call.values);
  const userId = await userIdOf(call);
  const reason = await reasonOf(call);
  await call.terminal.confirm(restoreQuestion(nameOf(call, userId), point), call.values.yes);
  const value = await call.client.admin.users.restore.mutate({ userId, reason, ...point });
  return restoreResult(value, `User ${userId}`);
}

/** The user in a question, by id and as the operator named it. */
function nameOf(call: CommandCall, userId: string): string {
  const user = argumentAt(call, 0);
  return user === userId ? `user ${userId}` : `user ${userId} (${user})`;
}

export const usersCommands: readonly Command[] = [
  {
    name: "users list",
    args: [],
    summary: "list users of the directory",
    options: ["search", "status", "role", "after", "before", "limit", "cursor"],
    async run({ client, values }) {
      const { search, role } = values;
      const status = statusOption(values);
      const createdAfter = dateOption("after", values);
      const createdBefore = dateOption("before", values);
      const page = await client.admin.users.list.query({
        ...pageOptions(values),
        ...(search !== undefined && { search }),
        ...(role !== undefined && { role }),
        ...(status && { status }),
        ...(createdAfter && { createdAfter }),
        ...(createdBefore && { createdBefore }),
      });
      return { value: page, text: formatTable(page.items, columns, "No users."), note: nextPageNote(page) };
    },
  },
  {
    name: "users show",
    args: ["<user>"],
    summary: "show the account, sessions, organizations and dead letters of a user",
    options: [],
    async run(call) {
      const value = await call.client.admin.users.get.query({ userId: await userIdOf(call) });
      return { value, text: formatUser(value) };
    },
  },
  {
    name: "users find",
    args: ["<email>"],
    summary: "print the id of the user with an address",
    options: [],
    async run(call) {
      const email = argumentAt(call, 0);
      const found = await call.client.admin.users.findByEmail.query({ email });
      if (!found) throw new CommandFailure(`No user has the address ${email}.`);
      return { value: found, text: found.userId };
    },
  },
  {
    name: "users suspend",
    args: ["<user>"],
    summary: "end all sessions of a user, and refuse new ones",
    options: ["reason", "until"],
    run: suspend,
  },
  action("unsuspend", "unsuspend", "end a suspension", "no longer suspended."),
  action("revokeSessions", "revoke-sessions", "sign a user out on all devices", "signed out on all devices."),
  action("sendPasswordReset", "send-password-reset", "mail a link for a new password", "the link is on its way."),
  action(
    "resendVerification",
    "resend-verification",
    "mail the link that verifies the address",
    "the link is on its way.",
  ),
  {
    name: "users restore",
    args: ["<user>"],
    summary: "restore the rows and keys of a user as they were earlier",
    options: ["at", "bookmark", "reason", "yes"],
    run: restore,
  },
  {
    name: "users delete",
    args: ["<user>"],
    summary: "delete a user with all data, permanently",
    options: ["reason", "yes"],
    run: remove,
  },
  {
    name: "users export",
    args: ["<user>"],
    summary: "write everything that is stored about a user, one JSON record per line",
    options: ["reason", "output"],
    run: exportUser,
  },
];
