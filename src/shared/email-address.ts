const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The one form of an address that accounts are told apart by, or `undefined` when it is none.
 *
 * Case is folded in ASCII only, and the local part must be ASCII: full Unicode folding maps characters of
 * other alphabets onto ASCII letters (the Kelvin sign becomes `k`), which would let a stranger's look-alike
 * address reach somebody else's account. Dots and `+tags` stay: whether they matter is up to the mail server.
 * An international domain becomes its ASCII form, as the URL standard does it.
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
  // Anything that the URL parser would read as more than a host name, or leave out at its end, never reaches it.
  if (domain.length === 0 || /[\s\p{Cc}/?#@:\\%[\]]/u.test(domain)) return undefined;
  const { hostname } = URL.canParse(`http://${domain}`) ? new URL(`http://${domain}`) : { hostname: "" };
  return DOMAIN.test(hostname) && !/^[0-9.]+$/.test(hostname) ? hostname : undefined;
}
