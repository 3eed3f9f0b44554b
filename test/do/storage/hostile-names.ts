/** What is no field of a table, however it is meant: to end a name, to name what is the framework's, to mean several. */
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
