// Checks the contents of the tarball: everything that package.json promises, and nothing that only contributors need.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "../run.mjs";

const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));

/** Every file named in `exports`, by entry point. */
const promised = Object.entries(manifest.exports).map(([entry, target]) => ({
  entry,
  files: typeof target === "string" ? [target] : Object.values(target),
}));

/** @returns {Promise<string[]>} the entry points whose files are not built */
export async function findMissing() {
  return promised
    .filter(({ files }) => files.some((file) => !existsSync(path.join(root, file))))
    .map(({ entry }) => entry);
}

const unwanted = [
  [/(^|\/)(test|tests|bench|scripts|examples|decisions|node_modules)\//, "not for users"],
  [/\.(test|spec)\.[a-z]+$/, "a test"],
  [/(^|\/)(\.dev\.vars|\.env)/, "may contain secrets"],
];

const always = ["package.json", "README.md", "LICENSE"];

/** The files that the README links to, because users of the package have no other copy. */
async function guides() {
  const readme = await readFile(path.join(root, "README.md"), "utf8");
  return [...readme.matchAll(/\]\((docs\/[^)#]+|CHANGELOG\.md|SECURITY\.md)/g)].map(([, file]) => file);
}

/** @param {{ path: string }[]} files what `npm pack --json` lists */
export async function checkContents(files) {
  const shipped = new Set(files.map((file) => file.path));
  const problems = [];
  for (const { entry, files: targets } of promised) {
    const absent = targets.filter((target) => !shipped.has(path.posix.normalize(target)));
    if (absent.length > 0) problems.push(`${entry} is exported, but these files are missing: ${absent.join(", ")}`);
  }
  for (const name of [...always, ...(await guides())]) if (!shipped.has(name)) problems.push(`${name} is not there`);
  for (const name of shipped) {
    for (const [pattern, reason] of unwanted) if (pattern.test(name)) problems.push(`${name} is shipped: ${reason}`);
  }
  return [...problems, ...(await checkSourceMaps(shipped))];
}

/** A debugger and "go to definition" follow the maps into src/, so each source they name must be shipped too. */
async function checkSourceMaps(shipped) {
  const problems = [];
  for (const name of shipped) {
    if (!name.endsWith(".map")) continue;
    const { sources } = JSON.parse(await readFile(path.join(root, name), "utf8"));
    for (const source of sources) {
      const file = path.posix.join(path.posix.dirname(name), source);
      if (!shipped.has(file)) problems.push(`${name} names ${file}, which does not exist`);
    }
  }
  return problems;
}
