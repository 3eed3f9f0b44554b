// Bundles a Worker as wrangler would: the package comes from dist/, through its exports, as an app gets it.
import { isBuiltin } from "node:module";
import { build } from "esbuild";
import { root } from "../../scripts/run.mjs";

/** A package may ask for a builtin of Node by its bare name, with `require`; and for what workerd alone has not. */
const builtins = {
  name: "builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cloudflare:email$/ }, ({ path }) => ({ path, namespace: "missing" }));
    onLoad({ filter: /.*/, namespace: "missing" }, () => ({ contents: "export class EmailMessage {}" }));
    onResolve({ filter: /^[a-z_/]+$/ }, ({ path }) => (isBuiltin(path) ? { path, namespace: "builtin" } : undefined));
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `export * from "node:${path}"; export { default } from "node:${path}";`,
    }));
  },
};

/**
 * @param {URL} entry
 * @returns {Promise<string>} one ES module
 */
export async function bundle(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry.pathname],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    external: ["cloudflare:*", "node:*"],
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [builtins],
    logLevel: "warning",
  });
  return outputFiles[0].text;
}
