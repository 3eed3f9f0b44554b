import { inject } from "vitest";
import { copyExample, copyFolder, type ExampleCopy } from "./copy-example.js";
import { freePort } from "./free-port.js";
import { startDevServer, type DevServer } from "./start-dev-server.js";

export interface RunningExample extends DevServer {
  /** The copy of the example's folder. */
  readonly folder: string;
}

/** Runs `npm run dev` of the example in a copy of its folder. */
export async function startExample(): Promise<RunningExample> {
  return serve(await copyExample("run"), (port) => ["npm", "run", "dev", "--", "--port", port, "--strictPort"]);
}

/**
 * Serves a copy of the example as it is built before the tests: a page without the modules and the socket of
 * development, which costs a browser a fraction of the time.
 */
export async function startBuiltExample(kind: "development" | "production"): Promise<RunningExample> {
  const copy = await copyFolder(inject("builtExamples")[kind], "built");
  return serve(copy, (port) => ["npx", "vite", "preview", "--port", port, "--strictPort"]);
}

/** Deletes the copy when the server stops. */
async function serve(
  { folder, deleteFolder }: ExampleCopy,
  command: (port: string) => readonly string[],
): Promise<RunningExample> {
  try {
    const server = await startDevServer(folder, command(String(await freePort())));
    return {
      ...server,
      folder,
      async stop() {
        await server.stop();
        await deleteFolder();
      },
    };
  } catch (error) {
    await deleteFolder();
    throw error;
  }
}
