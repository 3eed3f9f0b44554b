/**
 * Checks that a schema is an object of zod 4. Those of zod 3 and `zod/mini` lack what the framework needs to read them.
 *
 * @param option the option or the function that the schema is given to
 * @throws Error that names the option
 */
export function checkZodObject(option: string, schema: unknown): void {
  const isObject = typeof schema === "object" && schema !== null && "_zod" in schema && "shape" in schema;
  if (isObject && "strict" in schema) return;
  throw new Error(`${option}: this is not a zod object. Write it as z.object({ … }), with the z of "zod" (version 4).`);
}
