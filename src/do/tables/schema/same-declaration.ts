/** A CHECK at the end of a declaration, with its allowed values. */
const ALLOWED_VALUES = /^(.*? IN \()(.*)(\)\))$/s;
const LITERAL = /'(?:[^']|'')*'|[^,\s]+/g;

/**
 * Whether two declarations of a column store values in the same way. The order of the values of an enum does not
 * matter: stored rows match either order, and a formatter may sort them.
 */
export function isSameDeclaration(one: string, other: string): boolean {
  return one === other || sortValues(one) === sortValues(other);
}

function sortValues(declaration: string): string {
  const [, before, values, after] = ALLOWED_VALUES.exec(declaration) ?? [];
  if (values === undefined) return declaration;
  return `${before}${(values.match(LITERAL) ?? []).sort().join(", ")}${after}`;
}
