import { ConfigurationError } from "./configuration-error.js";

/** The secrets that an app's Worker is given, checked. */
export interface AppSecrets {
  readonly jwt: {
    readonly current: string;
    readonly previous: string | undefined;
    /** JSON Web Keys, as text: what the app was given, to be read where keys are used. */
    readonly keyPair: { readonly privateKey: string; readonly previousPublicKey: string | undefined } | undefined;
  };
  readonly index: string;
}

const MIN_BYTES = 32;
// What people copy from a page and forget to change.
const SAMPLE = /^<?(change|replace|your|sample|example|insert|todo|dummy|placeholder)[-_ ]/i;
const encoder = new TextEncoder();

/**
 * Reads the app's secrets.
 *
 * @throws ConfigurationError in one line that says what to add, when one is missing, too short or a sample
 */
export function readSecrets(env: object): AppSecrets {
  return {
    jwt: readSigningSecrets(env),
    index: checked("INDEX_SECRET", (env as Record<string, unknown>)["INDEX_SECRET"]),
  };
}

/**
 * Those that tokens are signed and checked with.
 *
 * @throws ConfigurationError as {@link readSecrets} does
 */
export function readSigningSecrets(env: object): AppSecrets["jwt"] {
  const { JWT_SECRET, JWT_SECRET_PREVIOUS } = env as Record<string, unknown>;
  const { JWT_PRIVATE_KEY, JWT_PUBLIC_KEY_PREVIOUS } = env as Record<string, unknown>;
  return {
    current: checked("JWT_SECRET", JWT_SECRET),
    previous: JWT_SECRET_PREVIOUS === undefined ? undefined : checked("JWT_SECRET_PREVIOUS", JWT_SECRET_PREVIOUS),
    keyPair: keyPairOf(textOf(JWT_PRIVATE_KEY), textOf(JWT_PUBLIC_KEY_PREVIOUS)),
  };
}

function keyPairOf(
  privateKey: string | undefined,
  previousPublicKey: string | undefined,
): AppSecrets["jwt"]["keyPair"] {
  return privateKey === undefined ? undefined : { privateKey, previousPublicKey };
}

/** A JSON Web Key may also stand in the settings as the object that it is. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function checked(name: string, value: unknown): string {
  const cure = `Add one with \`wrangler secret put ${name}\` (or to .dev.vars): at least ${MIN_BYTES} random bytes, for example from \`openssl rand -base64 48\`.`;
  if (typeof value !== "string" || value === "") throw new ConfigurationError(`The secret ${name} is missing. ${cure}`);
  if (SAMPLE.test(value) || new Set(value).size < 6)
    throw new ConfigurationError(`The secret ${name} is a sample. ${cure}`);
  if (encoder.encode(value).length < MIN_BYTES)
    throw new ConfigurationError(`The secret ${name} is too short. ${cure}`);
  return value;
}
