/**
 * Checks that a schema is a `z.object()` of zod 4. Objects of zod 3 and `zod/mini` lack properties that the framework
 * reads.
 *
 * @param option the option or function that takes the schema
 * @throws Error that names the option
 */
export function checkZodObject(option: string, schema: unknown): void {
  const isObject = typeof schema === "object" && schema !== null && "_zod" in schema && "shape" in schema;
  if (isObject && "strict" in schema) return;
  throw new Error(`${option} is not a zod object. Write it as z.object({ … }), with the z of "zod" (version 4).`);
}
