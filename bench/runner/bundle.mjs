// Bundles a Worker like wrangler: the package comes from dist/, through its exports, as in an app.
import { isBuiltin } from "node:module";
import path from "node:path";
import { build } from "esbuild";
import { root } from "../../scripts/run.mjs";

/** A package may require a builtin of Node by its bare name, and a module that only workerd lacks. */
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

/** Hashes passwords at the cost of the tests, for benchmarks that try thousands of passwords and do not measure them. */
const cheapPasswords = {
  name: "cheap passwords",
  setup({ onResolve }) {
    onResolve({ filter: /^\..*\/password-cost\.js$/ }, () => ({
      path: path.join(root, "test/fixtures/cheap-password-cost.ts"),
    }));
  },
};

/**
 * @param {URL} entry
 * @param {{ hasCheapPasswords?: boolean }} [options] by default passwords have the cost of production
 * @returns {Promise<string>} one ES module
 */
export async function bundle(entry, { hasCheapPasswords = false } = {}) {
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
    plugins: hasCheapPasswords ? [builtins, cheapPasswords] : [builtins],
    logLevel: "warning",
  });
  return outputFiles[0].text;
}
