/** The values that a CHECK allows, at the end of a declaration. */
const ALLOWED_VALUES = /^(.*? IN \()(.*)(\)\))$/s;
const LITERAL = /'(?:[^']|'')*'|[^,\s]+/g;

/**
 * Whether two declarations of a column store alike. The values of an enum may be in any order: a formatter may sort them, and
 * stored rows fit either way.
 */
export function isSameDeclaration(one: string, other: string): boolean {
  return one === other || sortValues(one) === sortValues(other);
}

function sortValues(declaration: string): string {
  const [, before, values, after] = ALLOWED_VALUES.exec(declaration) ?? [];
  if (values === undefined) return declaration;
  return `${before}${(values.match(LITERAL) ?? []).sort().join(", ")}${after}`;
}
