/** The package has no types. This is the type of the function that is used. */
declare module "@phc/format" {
  interface PhcString {
    id: string;
    params?: Record<string, number | string>;
    salt?: Buffer;
    hash?: Buffer;
  }
  const phc: { serialize(value: PhcString): string };
  export default phc;
}
