import { reasonOf } from "./arguments.js";
import type { Command } from "./command.js";

export const directoryRebuildCommand: Command = {
  name: "directory rebuild",
  args: [],
  summary: "check all entries of the directory against the objects of users and organizations",
  options: ["reason"],
  async run(call) {
    await call.client.admin.directory.rebuild.mutate({ reason: await reasonOf(call) });
    return { value: null, text: "The rebuild has started. It goes on after this command." };
  },
};
