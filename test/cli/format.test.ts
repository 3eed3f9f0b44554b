import { describe, expect, it } from "vitest";
import { formatFields, formatJson, formatTable, formatTime } from "../../src/cli/admin/format.js";

describe("formatTable", () => {
  it("aligns the cells below their headings", () => {
    const rows = [
      { id: "1", name: "Ada Lovelace" },
      { id: "12345", name: "Bob" },
    ];
    const text = formatTable(
      rows,
      [
        ["id", ({ id }) => id],
        ["name", ({ name }) => name],
      ],
      "None.",
    );
    expect(text).toBe("ID     NAME\n1      Ada Lovelace\n12345  Bob");
  });

  it("returns a sentence for no rows", () => {
    expect(formatTable([], [["id", String]], "No users.")).toBe("No users.");
  });
});

describe("text that users chose", () => {
  const name = "Ada\u001b[2J\u009b31m\u202eevil\nroot";

  it("cannot control the terminal", () => {
    const shown = String.raw`Ada\u001b[2J\u009b31m\u202eevil\u000aroot`;
    expect(formatTable([name], [["name", String]], "")).toBe(`NAME\n${shown}`);
    expect(formatFields({ name, missing: undefined })).toBe(`name  ${shown}`);
  });

  it("cannot control the terminal in JSON, which keeps its value", () => {
    const text = formatJson({ name });
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u001b\u009b\u202e]/);
    expect(JSON.parse(text)).toEqual({ name });
  });
});

it("formats times in UTC", () => {
  expect(formatTime(new Date("2027-01-31T18:05:59Z"))).toBe("2027-01-31T18:05Z");
});
