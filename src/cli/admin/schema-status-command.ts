import type { Command } from "./command.js";
import { formatTable } from "./format.js";

export const schemaStatusCommand: Command = {
  name: "schema status",
  args: [],
  summary: "count the objects at each version of the schema, as the directory knows them",
  options: [],
  async run({ client }) {
    const value = await client.admin.schema.status.query();
    const text = formatTable(
      value.items,
      [
        ["object", ({ kind }) => kind],
        ["framework", ({ framework }) => String(framework)],
        ["app", ({ app }) => String(app)],
        ["objects", ({ objects }) => String(objects)],
      ],
      "No objects.",
    );
    return { value, text };
  },
};
