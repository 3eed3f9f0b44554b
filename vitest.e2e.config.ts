import { defineConfig } from "vitest/config";

/**
 * Real browsers and processes. Each file has its own, on ports that were free, and mostly waits for pages, timers and
 * sockets: two files side by side take little more time than one.
 */
export default defineConfig({
  test: {
    name: "e2e",
    environment: "node",
    include: ["test/e2e/**/*.e2e.test.ts", "test/process/**/*.e2e.test.ts", "test/upgrade/*.e2e.test.ts"],
    globalSetup: ["test/e2e/build-examples.ts"],
    passWithNoTests: true,
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
  },
});
