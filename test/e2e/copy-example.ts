import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Files that a run creates or reads: a copy starts like a fresh clone. */
const leftOut = new Set(["node_modules", "dist", ".wrangler", ".vite", ".dev.vars"]);

export interface ExampleCopy {
  readonly folder: string;
  deleteFolder(): Promise<void>;
}

/** Copies the example's folder, so that it has its own secrets and its own storage. */
export const copyExample = (name: string): Promise<ExampleCopy> =>
  copyFolder(path.join(root, "examples/react-vite"), name, (source) => !leftOut.has(path.basename(source)));

/** Copies a folder into the repository, because the example uses the repository's packages. */
export async function copyFolder(
  source: string,
  name: string,
  filter: (source: string) => boolean = () => true,
): Promise<ExampleCopy> {
  // Vite would not watch files below a folder that is called test-results.
  await mkdir(path.join(root, ".examples"), { recursive: true });
  const folder = await mkdtemp(path.join(root, `.examples/${name}-`));
  const deleteFolder = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    await cp(source, folder, { recursive: true, filter });
  } catch (error) {
    await deleteFolder();
    throw error;
  }
  return { folder, deleteFolder };
}
