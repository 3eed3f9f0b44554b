import { toHex } from "../shared/hex.js";

/** The secrets that tokens are signed and checked with. */
export interface SigningSecrets {
  /** Signs, and checks. At least 32 bytes. */
  readonly current: string;
  /** Only checks: what was signed before the last rotation stays good until it expires. */
  readonly previous?: string | undefined;
  /** Signs access tokens in place of the secret, so that other services can check them. JSON Web Keys, as text. */
  readonly keyPair?: { readonly privateKey: string; readonly previousPublicKey?: string | undefined } | undefined;
}

const encoder = new TextEncoder();
const kids = new Map<string, Promise<string>>();

/** The id under which a token names its key: a digest, so it tells nothing of the secret. */
export function kidOf(secret: string): Promise<string> {
  const known = kids.get(secret);
  if (known) return known;
  const kid = crypto.subtle
    .digest("SHA-256", encoder.encode(`trpc-userdo kid ${secret}`))
    .then((digest) => toHex(new Uint8Array(digest, 0, 6)));
  kids.set(secret, kid);
  return kid;
}

/** The secret that a token's `kid` names, if it is one of ours. */
export async function secretOf(
  secrets: Pick<SigningSecrets, "current" | "previous">,
  kid: unknown,
): Promise<Uint8Array | undefined> {
  for (const secret of [secrets.current, secrets.previous]) {
    if (secret !== undefined && (await kidOf(secret)) === kid) return encoder.encode(secret);
  }
  return undefined;
}
