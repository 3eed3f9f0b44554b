import { defineConfig } from "vitest/config";

/** Real browsers and processes: they own ports and are slow, so one file runs after the other. */
export default defineConfig({
  test: {
    name: "e2e",
    environment: "node",
    include: ["test/e2e/**/*.e2e.test.ts", "test/process/**/*.e2e.test.ts", "test/upgrade/*.e2e.test.ts"],
    passWithNoTests: true,
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
  },
});
