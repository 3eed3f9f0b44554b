/**
 * Splits a finite double into an integer and a power of two. JSON expresses both exactly, while SQLite parses some
 * fractions inexactly.
 */
export function toFraction(value: number): [mantissa: number, exponent: number] {
  if (Number.isSafeInteger(value)) return [value, 0];
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = Number(bits & 0xfffffffffffffn);
  // Subnormal doubles have no implicit leading 1.
  const mantissa = exponent === 0 ? fraction : fraction + 2 ** 52;
  return [value < 0 ? -mantissa : mantissa, Math.max(exponent, 1) - 1075];
}
