import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { findDefinition, type RouterDefinition } from "../router/definition.js";
import { UsageError } from "./usage-error.js";

/**
 * The platform's modules are not there in Node. What is imported of them is only named or extended while a module loads.
 * The names are a prototype's, because a bundle copies a module's own ones, and a proxy has none to copy.
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
 * Reads the definition of an app from the module that exports its router. The module is bundled as wrangler would,
 * since Node alone reads neither every TypeScript nor what a bundler resolves.
 *
 * @throws UsageError when there is no such module, or not one app in it
 */
export async function loadDefinition(file: string, name?: string): Promise<RouterDefinition> {
  const exports = await load(file);
  if (name !== undefined) {
    const definition = findDefinition(exports[name]);
    if (definition) return definition;
    throw new UsageError(`${file} exports no router "${name}" that was made by initUserDO.`);
  }
  // Routers that are made with one `t` share its definition.
  const definitions = new Set(Object.values(exports).flatMap((value) => findDefinition(value) ?? []));
  const [definition, another] = definitions;
  if (!definition) throw new UsageError(`${file} exports no router. Name the module that exports your appRouter.`);
  if (another) throw new UsageError(`${file} exports routers of several apps. Say which by --export=NAME.`);
  return definition;
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  const folder = await mkdtemp(path.join(tmpdir(), "trpc-userdo-schema-"));
  try {
    const bundle = path.join(folder, "router.mjs");
    await writeFile(bundle, await bundled(file));
    return (await import(pathToFileURL(bundle).href)) as Record<string, unknown>;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bundled(file: string): Promise<string> {
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
    // For packages that are not modules yet.
    banner: {
      js: `import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(entry)});`,
    },
    plugins: [platformStub],
    logLevel: "silent",
  }).catch((error: unknown) => {
    throw new UsageError(`${file} cannot be read. ${error instanceof Error ? error.message : String(error)}`);
  });
  return outputFiles[0]?.text ?? "";
}
