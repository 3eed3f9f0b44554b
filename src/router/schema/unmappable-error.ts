const advice: Readonly<Record<string, string>> = {
  transform:
    "says nothing about what its transform gives. Say it with `.transform(…).pipe(z.number())`, or store the input",
  custom:
    "is a class or a check with no column. Store its parts in a z.object(…), or bytes as z.instanceof(Uint8Array)",
  map: "is a Map, which has no column. Use z.record(…), or an array of pairs",
  set: "is a Set, which has no column. Use z.array(…)",
  any: "could be anything. Say what it is, or use z.json() for any JSON value",
  unknown: "could be anything. Say what it is, or use z.json() for any JSON value",
  file: "is a File, which has no column. Store its bytes as z.instanceof(Uint8Array), and its name beside them",
  null: "can hold no value at all. Give it a type besides null and undefined",
  intersection: "is an intersection of two kinds of value, which has no column. Use one z.object(…)",
  nul: "allows a text with a NUL character or half a surrogate pair, which cannot be stored. Drop it",
};

/** A zod type that no column can hold. The message completes "The field posts.title …". */
export class UnmappableError extends Error {
  constructor(type: string) {
    super(`${advice[type] ?? `is a zod "${type}", which has no column. Use a type that can be stored`}.`);
    this.name = "UnmappableError";
  }
}
