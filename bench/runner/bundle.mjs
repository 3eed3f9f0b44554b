// Bundles a Worker as wrangler would: the package comes from dist/, through its exports, as an app gets it.
import { build } from "esbuild";
import { root } from "../../scripts/run.mjs";

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
    logLevel: "warning",
  });
  return outputFiles[0].text;
}
