// Bundles a Worker like wrangler: the package comes from dist/, through its exports, as in an app.
import { isBuiltin } from "node:module";
import path from "node:path";
import * as esbuild from "esbuild";
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

/** @type {Map<string, Promise<string>>} */
const bundles = new Map();

/**
 * Bundles a Worker once, however often it is started.
 *
 * @param {URL} entry
 * @param {{ hasCheapPasswords?: boolean, minify?: boolean }} [options] by default passwords have the cost of production, and
 *   the code is not minified, like wrangler's
 * @returns {Promise<string>} one ES module
 */
export function bundle(entry, options = {}) {
  const key = JSON.stringify([entry.pathname, options]);
  const known = bundles.get(key) ?? build(entry, options);
  bundles.set(key, known);
  return known;
}

async function build(entry, { hasCheapPasswords = false, minify = false }) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [entry.pathname],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: "esm",
    minify,
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
