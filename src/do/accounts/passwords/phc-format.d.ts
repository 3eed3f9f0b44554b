/** The package has no types. These are the types of the two functions that are used. */
declare module "@phc/format" {
  interface PhcString {
    id: string;
    params?: Record<string, number | string>;
    salt?: Buffer;
    hash?: Buffer;
  }
  const phc: { serialize(value: PhcString): string; deserialize(text: string): PhcString };
  export default phc;
}
