import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { copyExample, type ExampleCopy } from "./copy-example.js";

const run = promisify(execFile);

const kinds = ["development", "production"] as const;

declare module "vitest" {
  interface ProvidedContext {
    /** The folders in which the example is built: with the link to the development inbox, and without. */
    builtExamples: Record<(typeof kinds)[number], string>;
  }
}

async function build(kind: (typeof kinds)[number], { folder }: ExampleCopy): Promise<void> {
  const env = { ...process.env, NODE_ENV: kind };
  await run("node", ["dev-vars.mjs"], { cwd: folder });
  await run("npx", ["vite", "build", "--mode", kind], { cwd: folder, env });
}

/** Builds the example once for all test files, each of which serves a copy with its own storage. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [development, production] = await Promise.all([copyExample("built"), copyExample("built")]);
  const deleteFolders = async (): Promise<void> => {
    await Promise.all([development, production].map(({ deleteFolder }) => deleteFolder()));
  };
  try {
    await Promise.all([build("development", development), build("production", production)]);
  } catch (error) {
    await deleteFolders();
    throw error;
  }
  project.provide("builtExamples", { development: development.folder, production: production.folder });
  return deleteFolders;
}
