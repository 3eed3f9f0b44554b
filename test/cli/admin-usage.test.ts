import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";

const bin = path.join(fileURLToPath(new URL("../..", import.meta.url)), "bin/trpc-userdo.js");

// Each run starts a process.
vi.setConfig({ testTimeout: 60_000 });

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the package's own program without a terminal. No server listens at the URL. */
function admin(args: readonly string[], { input = "", url = "http://localhost:1/trpc" } = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { ...process.env, TRPC_USERDO_URL: url, XDG_CONFIG_HOME: "/nonexistent" };
    const child = execFile(process.execPath, [bin, "admin", ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

it("prints its commands, and the options of one of them", async () => {
  const { code, stdout } = await admin(["--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("users suspend <user>");
  expect(stdout).toContain("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not signed in or not allowed.");
  const own = await admin(["users", "suspend", "-h"]);
  expect(own).toMatchObject({ code: 0, stdout: expect.stringContaining("--until=TIME") });
  expect(own.stdout).not.toContain("--search");
});

it("exits with 2 and a message after wrong usage", async () => {
  const wrong: [args: string[], message: string][] = [
    [[], "trpc-userdo admin <command> [options]"],
    [["users"], '"users" is not a command.'],
    [["user", "list"], '"user list" is not a command.'],
    [["users", "show"], "trpc-userdo admin users show <user> [options]"],
    [["users", "show", "a", "b"], "trpc-userdo admin users show <user> [options]"],
    [["users", "list", "--yes"], '"users list" has no option --yes.'],
    [["users", "list", "--sarch=a"], "--sarch"],
    [["users", "list", "--limit=1000"], "--limit=1000 is not a number from 1 to 100."],
    [["users", "list", "--url=localhost:5173"], "localhost:5173 is not a URL."],
    [["users", "suspend", "a1", "--until=yesterday", "--reason=x"], "--until=yesterday is not a date."],
    [["users", "suspend", "a1"], "--reason is missing."],
    [["users", "suspend", "a1", "--reason= "], "--reason is missing."],
    [["users", "delete", "a1", "--reason=x"], "Pass --yes to delete without a terminal."],
    [["roles", "delete", "support"], "Pass --yes to delete without a terminal."],
    [["organizations", "delete", "a1", "--reason=x"], "Pass --yes to delete without a terminal."],
    [["directory", "rebuild"], "--reason is missing."],
    [["login"], "--email is missing."],
    [["login", "--email=ada@example.com"], "The password is missing."],
    [["login", "--email=ada@example.com", "--url=http://app.example.com/trpc"], "Use an https URL."],
  ];
  const results = await Promise.all(wrong.map(([args]) => admin(args)));
  for (const [index, { code, stdout, stderr }] of results.entries()) {
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(wrong[index]![1])]);
    expect(stderr).not.toContain("    at ");
  }
});

it("says which URL could not be reached, and exits with 1", async () => {
  const { code, stderr } = await admin(["users", "list"], { url: "http://localhost:1" });
  expect(code).toBe(1);
  expect(stderr).toContain("The URL is http://localhost:1/trpc.");
  expect(stderr).not.toContain("    at ");
});
