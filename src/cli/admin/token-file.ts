import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { SessionTokens } from "../../shared/call.js";
import { CommandFailure } from "./command-failure.js";

/**
 * Stores the tokens of one URL in a file that only the user of this computer can read. Synchronous, so that no other command
 * writes between the client's comparison of users and its write.
 */
export interface TokenFile {
  readonly path: string;
  get(): SessionTokens | undefined;
  set(tokens: SessionTokens | undefined): void;
}

export function createTokenFile(url: URL, folder = configFolder()): TokenFile {
  const name = createHash("sha256").update(url.href).digest("hex").slice(0, 32);
  const file = path.join(folder, `${name}.json`);
  return {
    path: file,
    get() {
      const stored = read(file);
      return stored?.url === url.href ? stored.tokens : undefined;
    },
    set(tokens) {
      if (!tokens) return rmSync(file, { force: true });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // Replaced as a whole, so that another command never reads a part, and an existing file cannot be readable for others.
      const fresh = `${file}.${randomUUID()}`;
      writeFileSync(fresh, JSON.stringify({ url: url.href, tokens } satisfies Stored), { mode: 0o600, flag: "wx" });
      renameSync(fresh, file);
    },
  };
}

interface Stored {
  readonly url: string;
  readonly tokens: SessionTokens;
}

function read(file: string): Stored | undefined {
  let stored: string;
  try {
    stored = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return JSON.parse(stored) as Stored;
  } catch {
    throw new CommandFailure(`${file} is not valid. Delete it, and sign in again.`);
  }
}

function configFolder({ XDG_CONFIG_HOME, APPDATA } = process.env): string {
  // The XDG specification ignores relative paths.
  if (XDG_CONFIG_HOME !== undefined && path.isAbsolute(XDG_CONFIG_HOME)) return path.join(XDG_CONFIG_HOME, NAME);
  if (process.platform === "win32" && APPDATA) return path.join(APPDATA, NAME);
  return path.join(homedir(), ".config", NAME);
}

const NAME = "trpc-userdo";
