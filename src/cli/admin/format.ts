/** A column of a table: its heading, and the cell of a row. */
export type Column<TRow> = readonly [heading: string, cell: (row: TRow) => string];

/** Returns a table as text, or a sentence if it has no rows. */
export function formatTable<TRow>(rows: readonly TRow[], columns: readonly Column<TRow>[], empty: string): string {
  if (rows.length === 0) return empty;
  const lines = [
    columns.map(([heading]) => heading.toUpperCase()),
    ...rows.map((row) => columns.map(([, cell]) => printable(cell(row)))),
  ];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Returns names and values in two columns. Values that are `undefined` are left out. */
export function formatFields(fields: Readonly<Record<string, string | undefined>>): string {
  const entries = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join("\n");
}

/** A minute in UTC, such as 2027-01-31T18:05Z. */
export function formatTime(date: Date): string {
  return `${date.toISOString().slice(0, 16)}Z`;
}

export function formatDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

export function formatList(values: readonly string[]): string {
  return values.length === 0 ? "-" : values.join(", ");
}

/** JSON that is safe to show in a terminal. Dates are text in ISO 8601. */
export function formatJson(value: unknown, indent = 2): string {
  return escapeControls(JSON.stringify(value, null, indent), CONTROLS_IN_JSON);
}

/**
 * Replaces the characters that control a terminal, or the direction of text. Users choose their names and addresses, and
 * must not be able to change what an operator sees.
 */
export function printable(text: string): string {
  return escapeControls(text, CONTROLS);
}

// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** JSON has escaped the characters below U+0020 in strings. The line breaks are its own. */
const CONTROLS_IN_JSON = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function escapeControls(text: string, controls: RegExp): string {
  return text.replace(controls, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
