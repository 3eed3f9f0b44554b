import { describe, expect, it } from "vitest";
import { foldChanges, type LogEntry, type LogType } from "../../../src/do/change-log/fold-changes.js";

const types: Record<string, LogType> = { C: "create", U: "update", D: "delete" };

/** `a:C b:U` as entries of the log, numbered from 1. */
function entries(text: string): LogEntry[] {
  return text.split(" ").flatMap((word, index) => {
    const [id = "", letter = ""] = word.split(":");
    const type = types[letter];
    return type ? [{ table: "t", id, type, cursor: { seq: index + 1, nonce: `n${index + 1}` } }] : [];
  });
}

const cases: [log: string, net: string][] = [
  ["", ""],
  ["a:C", "a create 1"],
  ["a:U", "a update 1"],
  ["a:D", "a delete 1"],
  ["a:C a:U", "a create 2"],
  ["a:C a:U a:D", ""],
  ["a:U a:D", "a delete 2"],
  ["a:D a:C", "a update 2"],
  ["a:D a:C a:U", "a update 3"],
  ["a:D a:C a:D", "a delete 3"],
  ["a:C a:D a:C", "a create 3"],
  ["a:C a:D a:C a:D", ""],
  ["a:C b:C a:U", "b create 2, a create 3"],
  ["a:U b:D a:U c:C b:C", "a update 3, c create 4, b update 5"],
];

describe("foldChanges", () => {
  it.each(cases)("folds %s into %s", (log, net) => {
    const text = foldChanges(entries(log)).map(({ id, type, cursor }) => `${id} ${type} ${cursor.seq}`);
    expect(text.join(", ")).toBe(net);
  });

  it("separates rows of two tables", () => {
    const [entry] = entries("a:C");
    const both = [entry, { ...entry, table: "u" }] as LogEntry[];
    expect(foldChanges(both).map(({ table }) => table)).toEqual(["t", "u"]);
  });
});
