import { fileURLToPath } from "node:url";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { configDefaults, defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

/** Fixtures import the package by its name, as an app does, and get the sources. */
const resolve = { alias: [{ find: /^trpc-userdo\/([a-z]+)$/, replacement: `${root}src/$1/index.ts` }] };

const workerd = "test/**/*.workerd.test.ts";
const dom = "test/**/*.dom.test.{ts,tsx}";
const elsewhere = ["test/**/*.e2e.test.ts", "test/chaos/**"];

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          name: "node",
          environment: "node",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...elsewhere, workerd, dom],
        },
      },
      {
        resolve,
        plugins: [cloudflareTest({ wrangler: { configPath: `${root}test/fixtures/app/wrangler.jsonc` } })],
        test: {
          name: "workerd",
          include: [workerd],
          testTimeout: 15_000,
          hookTimeout: 15_000,
        },
      },
      {
        resolve,
        test: { name: "dom", environment: "happy-dom", include: [dom] },
      },
    ],
  },
});
