import type { AdminClient } from "./admin-client.js";
import type { OptionName, OptionValues } from "./admin-options.js";
import type { Terminal } from "./terminal.js";
import type { TokenFile } from "./token-file.js";

/** One command of `trpc-userdo admin`. */
export interface Command {
  /** The words after `admin`, such as "users suspend". */
  readonly name: string;
  /** The arguments after the name, as the help shows them. */
  readonly args: readonly string[];
  readonly summary: string;
  readonly options: readonly OptionName[];
  readonly run: (call: CommandCall) => Promise<CommandResult>;
}

export interface CommandCall {
  readonly client: AdminClient;
  /** As many arguments as the command has. */
  readonly args: readonly string[];
  readonly values: OptionValues;
  readonly terminal: Terminal;
  /** The file with the session of this URL. */
  readonly tokens: TokenFile;
  readonly url: URL;
}

export interface CommandResult {
  /** Printed with `--json`. Without it, the command has printed its result itself. */
  readonly value?: unknown;
  /** Printed without it. */
  readonly text: string;
  /** Printed to stderr after the text, so that it does not get into a pipe. */
  readonly note?: string | undefined;
}
