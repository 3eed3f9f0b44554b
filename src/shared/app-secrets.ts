import { byteLength } from "./byte-length.js";
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
/** Fewest different characters of a secret. A random secret of 32 bytes has many more. */
const MIN_CHARACTERS = 6;
// What people copy from a page and forget to change.
const SAMPLE = /^<?(change|replace|your|sample|example|insert|todo|dummy|placeholder)[-_ ]/i;

/** The secrets by their names in the environment. */
interface NamedSecrets {
  readonly JWT_SECRET: string;
  readonly JWT_SECRET_PREVIOUS?: string;
  readonly INDEX_SECRET: string;
}

/**
 * Reads the app's secrets.
 *
 * @throws ConfigurationError in one line that names each that is missing, too short or a sample, and says what to add
 */
export function readSecrets(env: object): AppSecrets {
  const secrets = checked(env, ["JWT_SECRET", "JWT_SECRET_PREVIOUS", "INDEX_SECRET"]);
  return { jwt: signingSecrets(secrets, env), index: secrets.INDEX_SECRET };
}

/**
 * Those that tokens are signed and checked with.
 *
 * @throws ConfigurationError as {@link readSecrets} does
 */
export function readSigningSecrets(env: object): AppSecrets["jwt"] {
  return signingSecrets(checked(env, ["JWT_SECRET", "JWT_SECRET_PREVIOUS"]), env);
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

/** A JSON Web Key may also stand in the settings as the object that it is. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** All of them are looked at before any is told of: whoever sets an app up is not to find them one by one. */
function checked<TName extends keyof NamedSecrets>(env: object, names: readonly TName[]): Pick<NamedSecrets, TName> {
  const values = env as Record<string, unknown>;
  const faults = names.flatMap((name) => {
    if (name === "JWT_SECRET_PREVIOUS" && values[name] === undefined) return [];
    const fault = faultOf(values[name]);
    return fault === undefined ? [] : { name, fault };
  });
  if (faults.length === 0) return env as Pick<NamedSecrets, TName>;
  const what = faults.map(({ name, fault }) => `The secret ${name} is ${fault}.`).join(" ");
  const puts = faults.map(({ name }) => `\`wrangler secret put ${name}\``).join(" and ");
  const size = `at least ${MIN_BYTES} random bytes${faults.length > 1 ? ", others for each" : ""}`;
  throw new ConfigurationError(
    `${what} Set ${faults.length > 1 ? "them" : "it"} with ${puts} (or in .dev.vars, then restart the development server): ${size}, for example from \`openssl rand -base64 48\`.`,
  );
}

/** What is wrong with a secret. */
function faultOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return "missing";
  if (SAMPLE.test(value)) return "a sample";
  if (new Set(value).size < MIN_CHARACTERS)
    return `too uniform, with fewer than ${MIN_CHARACTERS} different characters`;
  return byteLength(value) < MIN_BYTES ? "too short" : undefined;
}
