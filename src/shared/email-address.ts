const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The canonical form of an email address, which identifies an account; `undefined` if the text is not an email address.
 *
 * The local part must be ASCII and becomes lower case. Unicode case folding would map characters of other alphabets to ASCII
 * letters (the Kelvin sign to `k`), so a look-alike address would reach the account of another user. Dots and `+tags` remain,
 * because their meaning depends on the mail server. An international domain is converted to ASCII.
 *
 * @see https://url.spec.whatwg.org/#concept-domain-to-ascii
 */
export function canonicalEmail(input: string): string | undefined {
  const text = input.trim();
  const at = text.lastIndexOf("@");
  if (text.length > 254 || at < 1) return undefined;
  const local = text.slice(0, at);
  if (local.length > 64 || !LOCAL_PART.test(local)) return undefined;
  const domain = asciiDomain(text.slice(at + 1));
  return domain === undefined ? undefined : `${local.toLowerCase()}@${domain}`;
}

function asciiDomain(domain: string): string | undefined {
  // The URL parser would read these characters as more than a host name, or drop them.
  if (domain.length === 0 || /[\s\p{Cc}/?#@:\\%[\]]/u.test(domain)) return undefined;
  const { hostname } = URL.canParse(`http://${domain}`) ? new URL(`http://${domain}`) : { hostname: "" };
  return DOMAIN.test(hostname) && !/^[0-9.]+$/.test(hostname) ? hostname : undefined;
}
