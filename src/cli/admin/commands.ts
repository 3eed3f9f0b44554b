import { auditCommand } from "./audit-command.js";
import type { Command } from "./command.js";
import { deadLettersCommands } from "./dead-letters-commands.js";
import { directoryRebuildCommand } from "./directory-rebuild-command.js";
import { organizationsCommands } from "./organizations-commands.js";
import { rolesCommands } from "./roles-commands.js";
import { schemaStatusCommand } from "./schema-status-command.js";
import { sessionCommands } from "./session-commands.js";
import { usersCommands } from "./users-commands.js";

/** The commands of `trpc-userdo admin`, in the order of the help. */
export const commands: readonly Command[] = [
  ...sessionCommands,
  ...usersCommands,
  ...rolesCommands,
  ...organizationsCommands,
  auditCommand,
  ...deadLettersCommands,
  schemaStatusCommand,
  directoryRebuildCommand,
];
