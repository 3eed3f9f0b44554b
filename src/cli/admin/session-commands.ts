import { UsageError } from "../usage-error.js";
import type { Command } from "./command.js";
import { CommandFailure } from "./command-failure.js";

/** Hosts of this computer. Their requests do not cross a network. */
const LOCAL = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

export const sessionCommands: readonly Command[] = [
  {
    name: "login",
    args: [],
    summary: "sign in; the password is read without echo, or from stdin",
    options: ["email"],
    async run({ client, values, terminal, url }) {
      if (url.protocol !== "https:" && !LOCAL.test(url.hostname)) {
        throw new UsageError(`${url.origin} would get the password without encryption. Use an https URL.`);
      }
      const email = values.email ?? (terminal.isInteractive ? await terminal.ask("Email: ") : "");
      if (email.trim() === "") throw new UsageError("--email is missing.");
      const password = await terminal.readPassword("Password: ");
      const { user } = await client.auth.login.mutate({ email: email.trim(), password });
      return { value: { user }, text: `Signed in to ${url.origin} as ${user.email}.` };
    },
  },
  {
    name: "logout",
    args: [],
    summary: "end the session, and delete its tokens from this computer",
    options: [],
    async run({ client, tokens, url }) {
      const wasSignedIn = tokens.get() !== undefined;
      try {
        if (wasSignedIn) await client.auth.logout.mutate();
      } catch (cause) {
        throw new CommandFailure("The server did not end the session. The tokens are deleted from this computer.", {
          cause,
        });
      } finally {
        tokens.set(undefined);
      }
      return { value: { wasSignedIn }, text: wasSignedIn ? `Signed out of ${url.origin}.` : "You were not signed in." };
    },
  },
];
