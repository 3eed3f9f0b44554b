import { byteLength } from "./byte-length.js";
import { ConfigurationError } from "./configuration-error.js";

/** The validated secrets of an app. */
export interface AppSecrets {
  readonly jwt: {
    readonly current: string;
    readonly previous: string | undefined;
    /** JSON Web Keys as JSON text. Their users parse and validate them. */
    readonly keyPair: { readonly privateKey: string; readonly previousPublicKey: string | undefined } | undefined;
  };
  readonly index: string;
}

const MIN_BYTES = 32;
/** Minimum number of different characters of a secret. A random secret of 32 bytes has many more. */
const MIN_CHARACTERS = 6;
/** Placeholders that developers copy from documentation and forget to replace. */
const SAMPLE = /^<?(change|replace|your|sample|example|insert|todo|dummy|placeholder)[-_ ]/i;

/** The secrets by their names in the Worker's `env`. */
interface NamedSecrets {
  readonly JWT_SECRET: string;
  readonly JWT_SECRET_PREVIOUS?: string;
  readonly INDEX_SECRET: string;
}

/**
 * Reads the app's secrets.
 *
 * @throws ConfigurationError that names each secret that is missing, too short or a placeholder
 */
export function readSecrets(env: object): AppSecrets {
  const secrets = checkSecrets(env, ["JWT_SECRET", "JWT_SECRET_PREVIOUS", "INDEX_SECRET"]);
  return { jwt: signingSecrets(secrets, env), index: secrets.INDEX_SECRET };
}

/**
 * Reads the secrets that sign and verify tokens.
 *
 * @throws ConfigurationError as {@link readSecrets} does
 */
export function readSigningSecrets(env: object): AppSecrets["jwt"] {
  return signingSecrets(checkSecrets(env, ["JWT_SECRET", "JWT_SECRET_PREVIOUS"]), env);
}

function signingSecrets(
  { JWT_SECRET, JWT_SECRET_PREVIOUS }: Omit<NamedSecrets, "INDEX_SECRET">,
  env: object,
): AppSecrets["jwt"] {
  const { JWT_PRIVATE_KEY, JWT_PUBLIC_KEY_PREVIOUS } = env as Record<string, unknown>;
  return {
    current: JWT_SECRET,
    previous: JWT_SECRET_PREVIOUS,
    keyPair: keyPairOf(textOf(JWT_PRIVATE_KEY), textOf(JWT_PUBLIC_KEY_PREVIOUS)),
  };
}

function keyPairOf(
  privateKey: string | undefined,
  previousPublicKey: string | undefined,
): AppSecrets["jwt"]["keyPair"] {
  return privateKey === undefined ? undefined : { privateKey, previousPublicKey };
}

/** Accepts a JSON Web Key as text, or as an object in the `vars` of wrangler.jsonc. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Checks all secrets before it throws, so that one error names everything that is wrong. */
function checkSecrets<TName extends keyof NamedSecrets>(
  env: object,
  names: readonly TName[],
): Pick<NamedSecrets, TName> {
  const values = env as Record<string, unknown>;
  const faults = names.flatMap((name) => {
    if (name === "JWT_SECRET_PREVIOUS" && values[name] === undefined) return [];
    const fault = findFault(values[name]);
    return fault === undefined ? [] : { name, fault };
  });
  if (faults.length === 0) return env as Pick<NamedSecrets, TName>;
  const problems = faults.map(({ name, fault }) => `The secret ${name} is ${fault}.`).join(" ");
  const commands = faults.map(({ name }) => `\`wrangler secret put ${name}\``).join(" and ");
  const size = `at least ${MIN_BYTES} random bytes${faults.length > 1 ? ", different for each" : ""}`;
  throw new ConfigurationError(
    `${problems} Set ${faults.length > 1 ? "them" : "it"} with ${commands} (or in .dev.vars, then restart the development server): ${size}, for example from \`openssl rand -base64 48\`.`,
  );
}

/** Describes the problem of a secret, as the end of a sentence; `undefined` if it is valid. */
function findFault(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return "missing";
  if (SAMPLE.test(value)) return "a sample";
  if (new Set(value).size < MIN_CHARACTERS)
    return `too uniform, with fewer than ${MIN_CHARACTERS} different characters`;
  return byteLength(value) < MIN_BYTES ? "too short" : undefined;
}
