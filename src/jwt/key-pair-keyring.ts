import type { JWK } from "jose";
import { ConfigurationError } from "../shared/configuration-error.js";
import type { Signer, SigningKeyring, SigningSecrets } from "./keyring.js";
import { importKey, publicHalf, type PublicJwk } from "./public-keyring.js";

export type KeyPair = NonNullable<SigningSecrets["keyPair"]>;

interface VerifyingKey {
  readonly jwk: PublicJwk;
  readonly key: CryptoKey;
}

interface LoadedKeys {
  readonly signer: Signer;
  readonly verifying: readonly VerifyingKey[];
}

// An app has one key pair, or two during a rotation, so the map stays small.
const cache = new Map<string, Promise<LoadedKeys>>();

/** A keyring for ES256 or EdDSA. Other services verify tokens with the public key, and cannot sign any. */
export function keyPairKeyring(pair: KeyPair): SigningKeyring {
  return {
    algorithms: ["ES256", "EdDSA"],
    async find({ kid, alg }) {
      const { verifying } = await load(pair);
      return verifying.find(({ jwk }) => jwk.kid === kid && jwk.alg === alg)?.key;
    },
    signer: async () => (await load(pair)).signer,
  };
}

/** Returns the public keys for other services: the current one and, during a rotation, the previous one. */
export async function publicKeysOf(pair: KeyPair): Promise<PublicJwk[]> {
  return (await load(pair)).verifying.map(({ jwk }) => jwk);
}

function load(pair: KeyPair): Promise<LoadedKeys> {
  const name = `${pair.privateKey} ${pair.previousPublicKey ?? ""}`;
  const cached = cache.get(name);
  if (cached) return cached;
  const keys = read(pair);
  cache.set(name, keys);
  return keys;
}

async function read({ privateKey, previousPublicKey }: KeyPair): Promise<LoadedKeys> {
  const own = parse("JWT_PRIVATE_KEY", privateKey);
  const current = await verifyingKey("JWT_PRIVATE_KEY", own);
  const previous =
    previousPublicKey === undefined
      ? []
      : [await verifyingKey("JWT_PUBLIC_KEY_PREVIOUS", parse("JWT_PUBLIC_KEY_PREVIOUS", previousPublicKey))];
  const { alg, kid } = current.jwk;
  const key = own.d === undefined ? undefined : await importKey(own, alg).catch(() => undefined);
  if (!key) throw invalidKey("JWT_PRIVATE_KEY");
  return { signer: { alg, kid, key }, verifying: [current, ...previous] };
}

async function verifyingKey(name: string, own: JWK): Promise<VerifyingKey> {
  const jwk = await publicHalf(own);
  const key = jwk && (await importKey(jwk as JWK, jwk.alg).catch(() => undefined));
  if (!jwk || !key) throw invalidKey(name);
  return { jwk, key };
}

function parse(name: string, text: string): JWK {
  try {
    const key: unknown = JSON.parse(text);
    if (typeof key === "object" && key !== null) return key as JWK;
  } catch {
    // The parser's own error would quote the secret.
  }
  throw invalidKey(name);
}

function invalidKey(name: string): ConfigurationError {
  const kind = name === "JWT_PRIVATE_KEY" ? "private" : "public";
  return new ConfigurationError(
    `The secret ${name} is not a ${kind} key for ES256 or EdDSA. Set it to a JSON Web Key: { "kty": "EC", "crv": "P-256", … } ` +
      'or { "kty": "OKP", "crv": "Ed25519", … }, or leave it out to sign with JWT_SECRET.',
  );
}
