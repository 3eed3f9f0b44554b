import { UsageError } from "../usage-error.js";
import type { CommandCall } from "./command.js";
import { CommandFailure } from "./command-failure.js";

/** The argument at a position, which the command has. */
export function argumentAt({ args }: CommandCall, index: number): string {
  const value = args[index];
  if (value === undefined) throw new Error(`The command has no argument ${index}.`);
  return value;
}

/**
 * The id of the user that the first argument names by id or by address.
 *
 * @throws CommandFailure if no user has the address
 */
export async function userIdOf(call: CommandCall): Promise<string> {
  const user = argumentAt(call, 0);
  if (!user.includes("@")) return user;
  const found = await call.client.admin.users.findByEmail.query({ email: user });
  if (!found) throw new CommandFailure(`No user has the address ${user}.`);
  return found.userId;
}

/**
 * The reason for the audit log: the option, or the answer of the person at the terminal.
 *
 * @throws UsageError without either
 */
export async function reasonOf({ values, terminal }: CommandCall): Promise<string> {
  const reason = values.reason ?? (terminal.isInteractive ? await terminal.ask("Reason: ") : "");
  if (reason.trim() === "") throw new UsageError("--reason is missing. The audit log stores it.");
  return reason;
}
