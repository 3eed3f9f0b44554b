import type { JWK } from "jose";
import { ConfigurationError } from "../shared/configuration-error.js";
import type { SigningKeyring, Signer } from "./keyring.js";
import { importKey, publicHalf, type PublicJwk } from "./public-key.js";
import type { SigningSecrets } from "./signing-secrets.js";

export type KeyPair = NonNullable<SigningSecrets["keyPair"]>;

interface KnownKey {
  readonly jwk: PublicJwk;
  readonly verify: CryptoKey;
}

interface Loaded {
  readonly signer: Signer;
  readonly known: readonly KnownKey[];
}

// An app has one key pair, two while one rotates, so this never grows.
const loaded = new Map<string, Promise<Loaded>>();

/** ES256 or EdDSA: other services check tokens with the public key, and cannot make any. */
export function keyPairKeyring(pair: KeyPair): SigningKeyring {
  return {
    algorithms: ["ES256", "EdDSA"],
    async find({ kid, alg }) {
      const { known } = await load(pair);
      return known.find(({ jwk }) => jwk.kid === kid && jwk.alg === alg)?.verify;
    },
    signer: async () => (await load(pair)).signer,
  };
}

/** The keys that other services check this app's tokens with: today's and, while keys rotate, the one before. */
export async function publicKeysOf(pair: KeyPair): Promise<PublicJwk[]> {
  return (await load(pair)).known.map(({ jwk }) => jwk);
}

function load(pair: KeyPair): Promise<Loaded> {
  const name = `${pair.privateKey} ${pair.previousPublicKey ?? ""}`;
  const before = loaded.get(name);
  if (before) return before;
  const keys = read(pair);
  loaded.set(name, keys);
  return keys;
}

async function read({ privateKey, previousPublicKey }: KeyPair): Promise<Loaded> {
  const own = parse("JWT_PRIVATE_KEY", privateKey);
  const current = await knownKey("JWT_PRIVATE_KEY", own);
  const previous =
    previousPublicKey === undefined
      ? []
      : [await knownKey("JWT_PUBLIC_KEY_PREVIOUS", parse("JWT_PUBLIC_KEY_PREVIOUS", previousPublicKey))];
  const { alg, kid } = current.jwk;
  const key = own.d === undefined ? undefined : await importKey(own, alg).catch(() => undefined);
  if (!key) throw noKey("JWT_PRIVATE_KEY");
  return { signer: { alg, kid, key }, known: [current, ...previous] };
}

async function knownKey(name: string, key: JWK): Promise<KnownKey> {
  const jwk = await publicHalf(key);
  const verify = jwk && (await importKey(jwk as JWK, jwk.alg).catch(() => undefined));
  if (!jwk || !verify) throw noKey(name);
  return { jwk, verify };
}

function parse(name: string, text: string): JWK {
  try {
    const key: unknown = JSON.parse(text);
    if (typeof key === "object" && key !== null) return key as JWK;
  } catch {
    // Told below, in words that do not quote the secret.
  }
  throw noKey(name);
}

function noKey(name: string): ConfigurationError {
  const kind = name === "JWT_PRIVATE_KEY" ? "private" : "public";
  return new ConfigurationError(
    `The secret ${name} is no ${kind} key for ES256 or EdDSA. Set it to a JSON Web Key: { "kty": "EC", "crv": "P-256", … } ` +
      'or { "kty": "OKP", "crv": "Ed25519", … }, or leave it out to sign with JWT_SECRET.',
  );
}
