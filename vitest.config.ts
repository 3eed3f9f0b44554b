import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { configDefaults, defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

/** Fixtures import the package by its name, as an app does, and get the sources. */
const packageAlias = { find: /^trpc-userdo\/([a-z-]+)$/, replacement: `${root}src/$1/index.ts` };
const resolve = { alias: [packageAlias] };

/** One password at its real cost takes a fifth of a second, and the tests in workerd hash many hundreds. */
const cheapPasswords = {
  find: /^\..*\/password-cost\.js$/,
  replacement: `${root}test/fixtures/cheap-password-cost.ts`,
};

/** Bundled before the run: workerd asks for each module on its own, and these are a thousand. */
const bundled = [
  "@tanstack/db",
  "@trpc/client",
  "@trpc/server",
  "@trpc/server/adapters/fetch",
  "@trpc/server/http",
  "@trpc/server/observable",
  "@trpc/server/rpc",
  "cookie",
  "fast-check",
  "jose",
  "kysely",
  "superjson",
  "uuid",
  "zod",
];

/** The oldest React that is supported, in place of the one that the package is developed with. */
const oldestReact = [
  { find: /^(react|react-dom)(\/.*)?$/, replacement: `${root}test/react-18/node_modules/$1$2` },
  // As modules, whose imports can be led there.
  { find: /^(@testing-library\/react)$/, replacement: `${root}node_modules/$1/dist/$1.esm.js` },
];

const newest = `${root}test/newest-trpc/node_modules/@trpc/server/dist`;

/** The newest tRPC that is supported, in place of the one that the package is developed with. */
const newestTrpc = [
  { find: /^@trpc\/server$/, replacement: `${newest}/index.mjs` },
  { find: /^@trpc\/server\/observable$/, replacement: `${newest}/observable/index.mjs` },
  { find: /^@trpc\/server\/rpc$/, replacement: `${newest}/rpc.mjs` },
];

/** On a slow machine, what `expect.poll` waits for takes longer than the second that it has by default. */
const slowMachines = { poll: { timeout: 10_000 } };

const workerd = "test/**/*.workerd.test.ts";
const dom = "test/**/*.dom.test.{ts,tsx}";
const elsewhere = ["test/**/*.e2e.test.ts", "test/chaos/**"];

declare module "vitest" {
  interface ProvidedContext {
    /** How many schedules the tests of interleaved sessions run. */
    schedules: number;
    /** How many mutations the test of repeats under faults sends. */
    repeatedMutations: number;
    /** The seed of its faults. */
    faultSeed: number;
  }
}

export default defineConfig({
  test: {
    provide: {
      schedules: Number(process.env["SCHEDULES"] ?? 500),
      repeatedMutations: Number(process.env["REPEATED_MUTATIONS"] ?? 1_000),
      faultSeed: Number(process.env["FAULT_SEED"] ?? 1),
    },
    // Vitest leaves one core to itself, which is half of a small machine. Tests wait for timers, sockets and each other's
    // process, so one more worker than cores finds a core that is idle.
    maxWorkers: availableParallelism() + 1,
    // The plugin leaves a rejected promise of its own behind when a method is called that an earlier version does not
    // have. The caller gets the error from another promise, and the tests expect what it does then.
    onUnhandledError: ({ message }) => !/^The RPC receiver does not implement "(trpc|internal)Read"\.$/.test(message),
    projects: [
      {
        resolve,
        test: {
          name: "node",
          environment: "node",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...elsewhere, workerd, dom],
          globalSetup: ["test/fixtures/serve-app.ts"],
          expect: slowMachines,
          testTimeout: 15_000,
          hookTimeout: 15_000,
        },
      },
      {
        resolve: { alias: [...resolve.alias, ...newestTrpc] },
        test: { name: "newest trpc", environment: "node", include: ["test/router/runner/*.test.ts"] },
      },
      {
        resolve: { alias: [packageAlias, cheapPasswords] },
        plugins: [cloudflareTest({ wrangler: { configPath: `${root}test/fixtures/app/wrangler.jsonc` } })],
        test: {
          name: "workerd",
          include: [workerd],
          // Each worker starts one runtime and imports the app once, for all of its files: starting one for each file
          // took longer than the tests. So files share a storage; every test signs its own users up.
          isolate: false,
          setupFiles: ["test/fixtures/close-clients.ts"],
          deps: { optimizer: { ssr: { enabled: true, include: bundled } } },
          // A test that takes one second on a fast machine takes ten on a slow one that does other work, too.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          expect: slowMachines,
        },
      },
      {
        resolve,
        test: { name: "dom", environment: "happy-dom", include: [dom], testTimeout: 15_000, hookTimeout: 60_000 },
      },
      {
        resolve: { alias: [...resolve.alias, ...oldestReact] },
        test: {
          name: "dom react 18",
          environment: "happy-dom",
          include: ["test/react/*.dom.test.tsx"],
          testTimeout: 15_000,
          hookTimeout: 60_000,
          // So that they get that React, too.
          server: {
            deps: { inline: [/@testing-library\/react/, /@tanstack\/react-query/, /@trpc\/tanstack-react-query/] },
          },
        },
      },
    ],
  },
});
