import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.js";

const HELP = `trpc-userdo schema <router module> [options]

Prints the tables of an app, and how they differ from a committed snapshot.
<router module> is the file that exports the app's router.

  --check            exit with 1 if the tables differ from the snapshot, for CI
  --write            update the snapshot
  --snapshot=FILE    the file of the snapshot (default: schema.sql)
  --export=NAME      the router to use if the module exports routers of several apps
  -h, --help         print this help

trpc-userdo admin --help prints the commands for operators of an app.
trpc-userdo import --help describes the import of users and data from a file.
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
    // Loaded when it is needed: one command needs a bundler, and the other a client.
    if (args[0] === "admin" || args[0] === "import") {
      const { adminCommand } = await import("./admin/admin-command.js");
      return await adminCommand(args[0] === "admin" ? args.slice(1) : args);
    }
    const { values, positionals } = parse(args);
    const [command, file, ...rest] = positionals;
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    if (command !== "schema" || file === undefined || rest.length > 0) throw new UsageError(HELP);
    if (values.check && values.write) throw new UsageError("--check and --write cannot be combined. Pass one of them.");
    const mode = values.check ? "check" : values.write ? "write" : "print";
    const { schemaCommand } = await import("./schema-command.js");
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

/** An error in the app's module or in a definition. The stack shows its location. */
function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
