import { ConfigurationError } from "./configuration-error.js";

/** The secrets that an app's Worker is given, checked. */
export interface AppSecrets {
  readonly jwt: { readonly current: string; readonly previous: string | undefined };
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
  const { JWT_SECRET, JWT_SECRET_PREVIOUS, INDEX_SECRET } = env as Record<string, unknown>;
  return {
    jwt: {
      current: checked("JWT_SECRET", JWT_SECRET),
      previous: JWT_SECRET_PREVIOUS === undefined ? undefined : checked("JWT_SECRET_PREVIOUS", JWT_SECRET_PREVIOUS),
    },
    index: checked("INDEX_SECRET", INDEX_SECRET),
  };
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
