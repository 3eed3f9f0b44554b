import { UsageError } from "../usage-error.js";
import { createAdminClient } from "./admin-client.js";
import { helpOf, helpOfAll } from "./admin-help.js";
import { checkOptions, parseOptions, type OptionValues } from "./admin-options.js";
import type { Command, CommandResult } from "./command.js";
import { commands } from "./commands.js";
import { exitCodes, failureOf } from "./exit-code.js";
import { formatJson } from "./format.js";
import { createTerminal } from "./terminal.js";
import { createTokenFile } from "./token-file.js";

const DEFAULT_URL = "http://localhost:5173/trpc";

/** Runs `trpc-userdo admin …`. Returns the exit code. */
export async function adminCommand(args: readonly string[]): Promise<number> {
  let url: URL | undefined;
  // The reader of a pipe, such as `head`, may stop early.
  process.stdout.on("error", () => process.exit());
  try {
    const { values, positionals } = parseOptions(args);
    const command = findCommand(positionals);
    url = parseUrl(values.url ?? (process.env["TRPC_USERDO_URL"] || DEFAULT_URL));
    if (values.help) process.stdout.write(command ? helpOf(command) : helpOfAll(commands));
    else await run({ command, positionals, values, url });
    return exitCodes.done;
  } catch (error) {
    const { exitCode, message } = failureOf(error, url);
    process.stderr.write(`${message}\n`);
    return exitCode;
  }
}

function findCommand(positionals: readonly string[]): Command | undefined {
  return commands.find(({ name }) => {
    const words = name.split(" ");
    return words.every((word, index) => positionals[index] === word);
  });
}

interface Run {
  readonly command: Command | undefined;
  readonly positionals: readonly string[];
  readonly values: OptionValues;
  readonly url: URL;
}

async function run({ command, positionals, values, url }: Run): Promise<void> {
  if (!command) {
    const unknown = positionals.length === 0 ? "" : `"${positionals.join(" ")}" is not a command.\n\n`;
    throw new UsageError(`${unknown}${helpOfAll(commands)}`);
  }
  const args = positionals.slice(command.name.split(" ").length);
  if (args.length !== command.args.length) throw new UsageError(helpOf(command));
  checkOptions(command.name, values, command.options);
  const tokens = createTokenFile(url);
  const client = createAdminClient(url, tokens);
  print(await command.run({ client, args, values, tokens, url, terminal: createTerminal() }), values.json);
}

/** @throws UsageError if the text is not a URL over HTTP */
function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`${text} is not a URL. Pass the tRPC endpoint, such as https://app.example.com/trpc.`);
  }
  // The endpoint of an app is rarely the root, which serves its page.
  if (url.pathname === "/") url.pathname = "/trpc";
  return url;
}

function print({ value, text, note }: CommandResult, isJson: boolean): void {
  if (isJson && value !== undefined) process.stdout.write(`${formatJson(value)}\n`);
  if (isJson) return;
  if (text !== "") process.stdout.write(`${text}\n`);
  if (note !== undefined) process.stderr.write(`${note}\n`);
}
