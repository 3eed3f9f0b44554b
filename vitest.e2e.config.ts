import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** These files install packages, as a person who follows a page does. */
const longest = /(readme|tutorial)\.e2e\.test\.ts$/;

/** Starts the longest files first, so that no worker waits for another at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => longest.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/**
 * Real browsers and processes. Each file has its own, on ports that were free, and mostly waits for pages, timers and
 * sockets: three files side by side take little more time than two.
 */
export default defineConfig({
  test: {
    name: "e2e",
    environment: "node",
    include: ["test/e2e/**/*.e2e.test.ts", "test/process/**/*.e2e.test.ts", "test/upgrade/*.e2e.test.ts"],
    globalSetup: ["test/e2e/build-examples.ts"],
    passWithNoTests: true,
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 240_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
  },
});
