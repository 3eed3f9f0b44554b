const advice: Readonly<Record<string, string>> = {
  transform:
    "has a transform whose output type is unknown. Declare it with `.transform(…).pipe(z.number())`, or store the input",
  custom: "is a class or a custom check, which has no column. Use a z.object(…), or z.instanceof(Uint8Array) for bytes",
  map: "is a Map, which has no column. Use z.record(…), or an array of pairs",
  set: "is a Set, which has no column. Use z.array(…)",
  any: "allows any value. Use a specific type, or z.json() for any JSON value",
  unknown: "allows any value. Use a specific type, or z.json() for any JSON value",
  file: "is a File, which has no column. Store its bytes as z.instanceof(Uint8Array), and its name in another field",
  null: "allows no value except null and undefined. Add another type",
  intersection: "is an intersection of different types, which has no column. Use one z.object(…)",
  nul: "allows a text with a NUL character or a lone surrogate, which cannot be stored. Remove this value",
};

/** A zod type without a column. The message completes a sentence that begins with "The field posts.title". */
export class UnmappableError extends Error {
  constructor(type: string) {
    super(`${advice[type] ?? `is a zod "${type}", which has no column. Use a type that can be stored`}.`);
    this.name = "UnmappableError";
  }
}
