import { ALL_TABLES } from "./read-recorder.js";
import { readRaw, type SqlValue } from "../codec/sql-value.js";

/** The effects of a statement. They do not depend on its values. */
export interface StatementReads {
  readonly tables: readonly string[];
  readonly writes: boolean;
}

export type StatementAnalyzer = (text: string, values: readonly SqlValue[]) => StatementReads;

const MAX_CACHED_STATEMENTS = 1_000;
/** Text literals, quoted names and comments, in which a semicolon or a keyword has no meaning. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)/g;
/** EXPLAIN applies only to the first of several statements, and would execute the others. */
const ONE_STATEMENT = /^[^;]*;?\s*$/;
/** Several statements cannot be explained, so they count as writing if they contain one of these keywords. */
const WRITES = /\b(?:insert|update|delete|replace|create|drop|alter)\b(?!\s*\()/i;

/**
 * Creates a function that returns the tables that a statement reads. SQLite's EXPLAIN answers it, once per text,
 * because only SQLite can parse all of its SQL.
 */
export function createStatementAnalyzer(sql: SqlStorage): StatementAnalyzer {
  const cache = new Map<string, StatementReads>();

  return (text, values) => {
    const reads = cache.get(text) ?? explain(sql, text, values);
    // Deleted first, so that the least recently used statement is the first of the map.
    cache.delete(text);
    cache.set(text, reads);
    for (const oldest of cache.keys()) {
      if (cache.size <= MAX_CACHED_STATEMENTS) break;
      cache.delete(oldest);
    }
    return reads;
  };
}

function explain(sql: SqlStorage, text: string, values: readonly SqlValue[]): StatementReads {
  const unquoted = text.replaceAll(QUOTED, " ");
  if (!ONE_STATEMENT.test(unquoted)) return { tables: [ALL_TABLES], writes: WRITES.test(unquoted) };
  const tableOfPage = new Map<number, string>();
  for (const [page, table] of readRaw(sql, "SELECT rootpage, tbl_name FROM sqlite_schema WHERE rootpage > 0")) {
    tableOfPage.set(Number(page), String(table));
  }
  const tables = new Set<string>();
  let writes = false;
  // Each row is an opcode: address, name and operands. The second operand is the page to open, or the kind of
  // transaction.
  for (const [, opcode, , operand] of readRaw(sql, `EXPLAIN ${text}`, values)) {
    if (opcode === "Transaction" && Number(operand) > 0) writes = true;
    if (opcode === "OpenRead") tables.add(tableOfPage.get(Number(operand)) ?? ALL_TABLES);
    // EXPLAIN does not show the tables of a virtual table. Functions such as json_each have none.
    if (opcode === "VOpen" && hasVirtualTables(sql)) tables.add(ALL_TABLES);
  }
  return { tables: [...tables], writes };
}

function hasVirtualTables(sql: SqlStorage): boolean {
  return readRaw(sql, "SELECT 1 FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%' LIMIT 1").length > 0;
}
