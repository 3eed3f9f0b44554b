import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The types with the options of each section of docs/options.md. */
const sections: readonly (readonly [heading: string, types: readonly string[]])[] = [
  ["## initUserDO", ["InitUserDOOptions"]],
  ["### table", ["TableOptions"]],
  ["### Writes and changes", ["UpdateOptions"]],
  ["### Pages, keys and versions", ["PageOptions", "KvSetOptions", "KvListOptions"]],
  ["### Schedules", ["ScheduleOptions", "CronOptions"]],
  [
    "## createUserDO",
    [
      "UserDOOptions",
      "MailOptions",
      "MailLinks",
      "AccountHooks",
      "ThrottleOptions",
      "AuditOptions",
      "ActionLogOptions",
      "SessionOptions",
      "SocketLimits",
      "ChangeLogRetention",
      "SchedulesOptions",
      "PresenceOptions",
      "DirectoryOptions",
      "LocationOptions",
    ],
  ],
  ["## createWorker and createHandler", ["HandlerOptions", "CookieOptions", "FormOptions"]],
  ["## createLoadSession", ["LoadSessionOptions"]],
  ["## createSessionCookies", ["SessionCookiesOptions"]],
  ["## isAllowedOrigin", ["AllowedOriginOptions"]],
  ["## createCaller", ["CallerOptions"]],
  ["## forEachUser", ["ForEachUserOptions"]],
  ["## createClient and userdoLink", ["UserDOLinkOptions"]],
  ["### watchQuery of the client", ["WatchQueryOptions"]],
  ["### connectLive", ["LiveBridgeOptions"]],
  ["### createUserPersister", ["UserPersisterOptions"]],
  ["## userdoCollectionOptions", ["UserDOCollectionOptions"]],
  ["## createUserDOReact", ["UserDOProviderProps"]],
  ["## Tokens", ["SignJwtOptions", "VerifyJwtOptions", "GenerateRefreshTokenOptions", "SigningKey", "VerifyingKey"]],
];

async function readSources(): Promise<string> {
  const names = await readdir(path.join(root, "src"), { recursive: true });
  const files = names.filter((name) => /\.tsx?$/.test(name));
  return (await Promise.all(files.map((name) => readFile(path.join(root, "src", name), "utf8")))).join("\n\n");
}

const sources = await readSources();
const page = await readFile(path.join(root, "docs/options.md"), "utf8");

/** The text of an exported type, up to the next declaration. */
function declarationOf(type: string): string {
  const [text] = new RegExp(`^export (?:interface|type) ${type}\\b[^]*?\\n\\n(?=\\S)`, "m").exec(sources) ?? [];
  if (text === undefined) throw new Error(`No file of src/ exports ${type}.`);
  return text.replaceAll(/\/\*\*[^]*?\*\/|\/\/.*$/gm, "");
}

function propertiesOf(type: string): string[] {
  const matches = declarationOf(type).matchAll(/\breadonly (\w+)\??:|^ {2}(\w+)\?\(/gm);
  return Array.from(matches, ([, property, method]) => property ?? method ?? "");
}

/** The last part of each name in the first column of a section's table. */
function namesIn(heading: string): string[] {
  const text = `${page}\n## `.split(`\n${heading}\n`)[1]?.split(/\n##+ /)[0] ?? "";
  const rows = text.matchAll(/^\| `([\w.]+)`/gm);
  return Array.from(rows, ([, name = ""]) => name.split(".").at(-1) ?? name);
}

const sorted = (names: readonly string[]): string[] => [...new Set(names)].toSorted();

it.each(sections)("docs/options.md lists each option of '%s', and no other", (heading, types) => {
  const names = sorted(namesIn(heading));
  expect(names).not.toEqual([]);
  expect(names).toEqual(sorted(types.flatMap(propertiesOf)));
});

it("docs/options.md has a section for each exported type of options", async () => {
  const entries = ["router", "do", "worker", "client", "persist", "react", "tanstack-db", "jwt"];
  const indexes = await Promise.all(
    entries.map((entry) => readFile(path.join(root, "src", entry, "index.ts"), "utf8")),
  );
  const exported = indexes.flatMap(
    (text) => text.match(/\b[A-Z]\w*(?:Options|Props|Limits|Retention|Hooks|Links)\b/g) ?? [],
  );
  const listed = new Set(sections.flatMap(([, types]) => types));
  // The options of tRPC's `mutationOptions`.
  listed.add("OptimisticOptions");
  expect(exported.filter((type) => !listed.has(type))).toEqual([]);
});
