import { parseArgs } from "node:util";
import { schemaCommand } from "./schema-command.js";
import { UsageError } from "./usage-error.js";

const HELP = `trpc-userdo schema <router module> [options]

Prints the tables of the app whose router a module exports, and how they differ from a committed snapshot.

  --check            exit with 1 when they differ: for CI
  --write            bring the snapshot up to date
  --snapshot=FILE    where the snapshot is (default: schema.sql)
  --export=NAME      which router, when the module exports those of several apps
`;

const options = {
  check: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  snapshot: { type: "string", default: "schema.sql" },
  export: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const { values, positionals } = parse(args);
    const [command, file, ...rest] = positionals;
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    if (command !== "schema" || file === undefined || rest.length > 0) throw new UsageError(HELP);
    if (values.check && values.write) throw new UsageError("--check looks and --write writes: give one of them.");
    const mode = values.check ? "check" : values.write ? "write" : "print";
    return await schemaCommand({ file, mode, snapshot: values.snapshot, name: values.export });
  } catch (error) {
    process.stderr.write(`${error instanceof UsageError ? error.message : describe(error)}\n`);
    return 1;
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  }
}

/** An error of the app's module, or in a definition: its stack says where. */
function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
