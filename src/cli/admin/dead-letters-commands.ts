import { argumentAt, reasonOf, userIdOf } from "./arguments.js";
import { changeResult } from "./change-result.js";
import type { Command } from "./command.js";
import { formatDeadLetters } from "./format-user.js";

export const deadLettersCommands: readonly Command[] = [
  {
    name: "dead-letters list",
    args: ["<user>"],
    summary: "list the messages and mails of a user that could not be delivered",
    options: [],
    async run(call) {
      const { deadLetters } = await call.client.admin.users.get.query({ userId: await userIdOf(call) });
      return { value: deadLetters, text: formatDeadLetters(deadLetters) };
    },
  },
  {
    name: "dead-letters retry",
    args: ["<user>", "<id>"],
    summary: "deliver one of them again",
    options: ["reason"],
    async run(call) {
      const id = argumentAt(call, 1);
      const input = { userId: await userIdOf(call), id, reason: await reasonOf(call) };
      const value = await call.client.admin.users.retryDeadLetter.mutate(input);
      return changeResult(value, `User ${input.userId}: ${id} is sent again.`);
    },
  },
];
