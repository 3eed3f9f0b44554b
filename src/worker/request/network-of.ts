const V4 = /^(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

/** Length of the longest notation of an IPv6 address, in characters. */
const MAX_LENGTH = 45;

/**
 * Returns the network of an IP address in canonical form: an IPv4 address itself, including an IPv4-mapped IPv6 address, or
 * the first 64 bits of an IPv6 address, which providers usually assign to one customer. `undefined` if it is not an address.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6177
 */
export function networkOf(address: string | null): string | undefined {
  const text = address?.trim() ?? "";
  if (text.length > MAX_LENGTH) return undefined;
  if (V4.test(text)) return text;
  if (!/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text) || !URL.canParse(`http://[${text}]`)) return undefined;
  // The URL parser returns a canonical form: compressed, in lower case, without dotted IPv4.
  const groups = expand(new URL(`http://[${text}]`).hostname.slice(1, -1));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xff_ff) return mappedV4(groups);
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

function expand(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}

function mappedV4([, , , , , , high = 0, low = 0]: readonly number[]): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}
