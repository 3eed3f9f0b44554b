import { optionHelp } from "./admin-options.js";
import type { Command } from "./command.js";

const usageOf = ({ name, args }: Command): string => [name, ...args].join(" ");

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

const COMMON = columns([
  ["--url=URL", "the tRPC endpoint (default: TRPC_USERDO_URL, or http://localhost:5173/trpc)"],
  ["--json", "print JSON"],
  ["-h, --help", "print this help, or that of a command"],
]);

export function helpOf(command: Command): string {
  const own = columns(command.options.map((name) => optionHelp[name]));
  return `trpc-userdo admin ${usageOf(command)} [options]\n\n${command.summary}\n\n${own && `${own}\n`}${COMMON}\n`;
}

export function helpOfAll(commands: readonly Command[]): string {
  return `trpc-userdo admin <command> [options]

${columns(commands.map((command) => [usageOf(command), command.summary]))}

<user> is the id or the address of a user.

${COMMON}

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not signed in or not allowed.
`;
}
