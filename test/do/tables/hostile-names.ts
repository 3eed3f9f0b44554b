/** Strings that are not field names: they try to end a name, to name internal columns, or to name several. */
export const hostileNames: readonly string[] = [
  'name"; drop table things; --',
  'a" or 1=1 --',
  "text') = '' or 1=1 --",
  "nonexistent",
  "TEXT",
  "rowid",
  "_changes",
  "things.text",
  "",
  "__proto__",
  "constructor",
  "1",
  "*",
  "n, (select 1)",
];
