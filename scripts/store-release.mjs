// Stores the storage that a version's objects write, for the tests that open it with every later version:
// node scripts/store-release.mjs <name> [folder of a checkout]
import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const [name, sources = root] = process.argv.slice(2);
if (!name) {
  console.error("The name of the version is missing: node scripts/store-release.mjs <name> [folder of a checkout]");
  process.exit(1);
}

const folder = await mkdtemp(path.join(root, "node_modules/.store-release-"));
try {
  // The test's modules are TypeScript, and find the repository relative to their own folder.
  const outfile = path.join(folder, "upgrade", "store-release.mjs");
  await build({
    entryPoints: [path.join(root, "test/upgrade/store-release.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    define: { "import.meta.url": JSON.stringify(pathToFileURL(path.join(root, "test/upgrade/store-release.ts")).href) },
  });
  const { storeRelease } = await import(pathToFileURL(outfile).href);
  await storeRelease(path.resolve(sources), path.join(root, "test/upgrade/releases", name));
} finally {
  await rm(folder, { recursive: true, force: true });
}
