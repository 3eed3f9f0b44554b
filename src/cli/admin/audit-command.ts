import { dateOption, pageOptions } from "./admin-options.js";
import type { Command } from "./command.js";
import { formatTable, formatTime } from "./format.js";
import { nextPageNote } from "./next-page-note.js";

export const auditCommand: Command = {
  name: "audit",
  args: [],
  summary: "list what operators did, the newest first",
  options: ["action", "actor", "target", "after", "before", "limit", "cursor"],
  async run({ client, values }) {
    const { action, actor, target } = values;
    const after = dateOption("after", values);
    const before = dateOption("before", values);
    const page = await client.admin.audit.list.query({
      ...pageOptions(values),
      ...(action !== undefined && { action }),
      ...(actor !== undefined && { actorId: actor }),
      ...(target !== undefined && { targetId: target }),
      ...(after && { after }),
      ...(before && { before }),
    });
    const text = formatTable(
      page.items,
      [
        ["at", ({ at }) => formatTime(at)],
        ["actor", ({ actor }) => (actor.type === "user" ? actor.id : actor.type)],
        ["action", (entry) => entry.action],
        ["target", (entry) => (entry.target ? `${entry.target.type} ${entry.target.id}` : "-")],
        ["detail", ({ detail }) => detail ?? "-"],
        ["outcome", ({ outcome, failure }) => (failure === undefined ? outcome : `${outcome} (${failure})`)],
        ["reason", ({ reason }) => reason ?? "-"],
      ],
      "No entries.",
    );
    return { value: page, text, note: nextPageNote(page) };
  },
};
