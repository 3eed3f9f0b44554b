import { ALL_TABLES } from "./read-recorder.js";
import { readRaw, type SqlValue } from "../codec/sql-value.js";

/** What a statement does, whatever its values are. */
export interface StatementReads {
  readonly tables: readonly string[];
  readonly writes: boolean;
}

/** Most statements whose answer is kept. */
const KEPT = 1_000;
/** Texts, quoted names and comments: a semicolon or a word in them means nothing. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)/g;
/** A second statement would be run by asking about the first. */
const ONE_STATEMENT = /^[^;]*;?\s*$/;
/** So of several nobody can be asked: they count as writing when a word of theirs says so. */
const WRITES = /\b(?:insert|update|delete|replace|create|drop|alter)\b(?!\s*\()/i;

/** Says which tables a statement reads. SQLite itself is asked, once for each text: nobody else can read all of SQL. */
export function createStatementReads(sql: SqlStorage): (text: string, values: readonly SqlValue[]) => StatementReads {
  const known = new Map<string, StatementReads>();

  return (text, values) => {
    const answer = known.get(text) ?? explain(sql, text, values);
    known.delete(text);
    known.set(text, answer);
    for (const oldest of known.keys()) {
      if (known.size <= KEPT) break;
      known.delete(oldest);
    }
    return answer;
  };
}

function explain(sql: SqlStorage, text: string, values: readonly SqlValue[]): StatementReads {
  const bare = text.replaceAll(QUOTED, " ");
  if (!ONE_STATEMENT.test(bare)) return { tables: [ALL_TABLES], writes: WRITES.test(bare) };
  const pages = new Map<number, string>();
  for (const [page, table] of readRaw(sql, "SELECT rootpage, tbl_name FROM sqlite_schema WHERE rootpage > 0")) {
    pages.set(Number(page), String(table));
  }
  const tables = new Set<string>();
  let writes = false;
  // A program's steps: address, name, and operands, of which the second is what is opened, or for what.
  for (const [, step, , second] of readRaw(sql, `EXPLAIN ${text}`, values)) {
    if (step === "Transaction" && Number(second) > 0) writes = true;
    if (step === "OpenRead") tables.add(pages.get(Number(second)) ?? ALL_TABLES);
    // A virtual table's own tables are opened out of sight. json_each and the like have none.
    if (step === "VOpen" && hasVirtualTables(sql)) tables.add(ALL_TABLES);
  }
  return { tables: [...tables], writes };
}

function hasVirtualTables(sql: SqlStorage): boolean {
  return readRaw(sql, "SELECT 1 FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%' LIMIT 1").length > 0;
}
