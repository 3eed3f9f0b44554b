import { fileURLToPath } from "node:url";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Run by test/chaos/run.mjs, which passes the schedules in CHAOS. */
export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^trpc-userdo\/([a-z]+)$/, replacement: `${root}src/$1/index.ts` },
      { find: /^\.\/password\.js$/, replacement: `${root}test/chaos/app/cheap-password.ts` },
    ],
  },
  plugins: [
    cloudflareTest({
      wrangler: { configPath: `${root}test/chaos/app/wrangler.jsonc` },
      miniflare: { bindings: { CHAOS: process.env["CHAOS"] ?? "{}" } },
    }),
  ],
  test: { include: ["test/chaos/schedules.ts"], testTimeout: 3_600_000 },
});
