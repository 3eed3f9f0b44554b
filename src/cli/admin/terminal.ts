import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { Writable } from "node:stream";
import { UsageError } from "../usage-error.js";
import { CommandFailure } from "./command-failure.js";

/** Questions to the person at the terminal. They go to stderr, so that stdout has only the result. */
export interface Terminal {
  /** Whether a person can answer. */
  readonly isInteractive: boolean;
  /** Asks for a line. */
  ask(question: string): Promise<string>;
  /** Reads a password: from the terminal without echo, or else the first line of stdin. */
  readPassword(question: string): Promise<string>;
  /**
   * Asks before something is deleted, unless `isConfirmed`.
   *
   * @throws UsageError without a terminal; CommandFailure for another answer than yes
   */
  confirm(question: string, isConfirmed: boolean): Promise<void>;
}

export function createTerminal({ stdin, stderr } = process): Terminal {
  const isInteractive = stdin.isTTY && stderr.isTTY;

  async function ask(question: string, output: NodeJS.WritableStream = stderr): Promise<string> {
    const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
    // Neither Ctrl-C nor Ctrl-D answers the question.
    const closed = new AbortController();
    lines.once("close", () => closed.abort());
    lines.once("SIGINT", () => lines.close());
    try {
      return await lines.question(question, { signal: closed.signal });
    } catch {
      stderr.write("\n");
      throw new CommandFailure("Cancelled.");
    } finally {
      lines.close();
    }
  }

  return {
    isInteractive,
    ask: (question) => ask(question),

    async readPassword(question) {
      if (!isInteractive) {
        const [line = ""] = (await text(stdin)).split(/\r?\n/, 1);
        if (line === "") throw new UsageError("The password is missing. Enter it in a terminal, or pass it on stdin.");
        return line;
      }
      stderr.write(question);
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
      const password = await ask("", silent);
      stderr.write("\n");
      return password;
    },

    async confirm(question, isConfirmed) {
      if (isConfirmed) return;
      if (!isInteractive) throw new UsageError("Pass --yes to delete without a terminal.");
      const answer = await ask(`${question} Type yes to continue: `);
      if (answer.trim().toLowerCase() !== "yes") throw new CommandFailure("Cancelled.");
    },
  };
}
