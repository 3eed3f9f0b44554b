import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { findDefinition, type RouterDefinition } from "../router/definition.js";
import { UsageError } from "./usage-error.js";

/**
 * Replaces the modules of Workers, which Node does not have. While the router's module loads, it only refers to their exports
 * or extends them. The proxy is a prototype, because a bundle copies a module's own properties, and a proxy has none.
 */
const platformStub: Plugin = {
  name: "cloudflare",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(cloudflare|workerd):/ }, ({ path: name }) => ({ path: name, namespace: "cloudflare" }));
    onLoad({ filter: /.*/, namespace: "cloudflare" }, () => ({
      contents: "module.exports = Object.create(new Proxy({}, { get: () => class {} }));",
    }));
  },
};

/**
 * Reads the definition of an app from the module that exports its router. The module is bundled as wrangler bundles it,
 * because Node itself does not support all of TypeScript, or the way in which bundlers resolve imports.
 *
 * @throws UsageError when the module does not exist, or does not export the router of exactly one app
 */
export async function loadDefinition(file: string, name?: string): Promise<RouterDefinition> {
  const exports = await load(file);
  if (name !== undefined) {
    const definition = findDefinition(exports[name]);
    if (definition) return definition;
    throw new UsageError(
      `${file} does not export a router "${name}". Pass the name of an export that initUserDO created.`,
    );
  }
  // Routers that were created with the same `t` share its definition.
  const definitions = new Set(Object.values(exports).flatMap((value) => findDefinition(value) ?? []));
  const [definition, another] = definitions;
  if (!definition)
    throw new UsageError(`${file} does not export a router. Pass the module that exports your appRouter.`);
  if (another) throw new UsageError(`${file} exports routers of several apps. Choose one with --export=NAME.`);
  return definition;
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  const folder = await mkdtemp(path.join(tmpdir(), "trpc-userdo-schema-"));
  try {
    const bundle = path.join(folder, "router.mjs");
    await writeFile(bundle, await bundleModule(file));
    return (await import(pathToFileURL(bundle).href)) as Record<string, unknown>;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bundleModule(file: string): Promise<string> {
  const entry = path.resolve(file);
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    loader: { ".txt": "text", ".html": "text", ".sql": "text", ".bin": "binary", ".wasm": "binary" },
    // CommonJS packages call `require`.
    banner: {
      js: `import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(entry)});`,
    },
    plugins: [platformStub],
    logLevel: "silent",
  }).catch((error: unknown) => {
    throw new UsageError(
      `${file} could not be bundled. Check the path and its imports. ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  return outputFiles[0]?.text ?? "";
}
