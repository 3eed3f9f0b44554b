import { isSharedHost } from "./shared-hosts.js";

/** The foreign origins that may call. A list of exact origins has the same shape. */
export interface AllowedOrigins {
  /** @param origin as a browser sends it */
  includes(origin: string): boolean;
}

/**
 * Reads the app's list: exact origins, and patterns such as `https://*.app.pages.dev`, in which `*` stands for one name.
 * Checked once, when the app starts, because an entry that can never match would only show as a refused request.
 *
 * @throws Error that names the entry
 */
export function createAllowedOrigins(entries: readonly string[]): AllowedOrigins {
  const given: unknown = entries;
  if (!Array.isArray(given)) {
    throw new Error('allowedOrigins: this is not a list. Write it as ["https://app.example.com"].');
  }
  const exact = new Set<string>();
  const patterns: Pattern[] = [];
  for (const entry of given as readonly unknown[]) {
    if (typeof entry !== "string") {
      throw new Error(
        `allowedOrigins: an entry of type ${typeof entry} is not an origin. If it comes from a variable, set the variable.`,
      );
    }
    if (entry.includes("*")) patterns.push(parsePattern(entry));
    else exact.add(parseOrigin(entry));
  }
  return { includes: (origin) => exact.has(origin) || patterns.some((pattern) => matches(origin, pattern)) };
}

/** Their URLs have no origin that a browser would send. */
const WITHOUT_ORIGIN: ReadonlySet<string> = new Set(
  "about: blob: data: file: filesystem: ftp: javascript: mailto: ws: wss:".split(" "),
);

function parseOrigin(entry: string): string {
  const spelled = URL.canParse(entry) ? originOf(new URL(entry)) : undefined;
  if (spelled === entry) return entry;
  const example = spelled ?? "https://app.example.com";
  throw new Error(`allowedOrigins: "${entry}" is not an origin. Write it as a browser sends it: ${example}`);
}

/** The origin of a URL, also of an app's own scheme: `capacitor://localhost`, `chrome-extension://…`. */
function originOf({ protocol, host, origin }: URL): string | undefined {
  if (/^https?:$/.test(protocol)) return origin;
  return WITHOUT_ORIGIN.has(protocol) || host === "" ? undefined : `${protocol}//${host}`;
}

interface Pattern {
  readonly scheme: string;
  /** The host after the `*.`, with its port. */
  readonly rest: string;
}

/** One name exactly, so that a pattern says how deep a host may be. */
function matches(origin: string, { scheme, rest }: Pattern): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(`.${rest}`)) return false;
  return /^[a-z0-9_-]+$/.test(origin.slice(scheme.length, -rest.length - 1));
}

const PATTERN = /^(https?:\/\/)\*\.(.+)$/;

function parsePattern(entry: string): Pattern {
  const [, scheme = "", rest = ""] = PATTERN.exec(entry) ?? [];
  const sample = `${scheme}x.${rest}`;
  const isHost = rest !== "" && !rest.includes("*") && URL.canParse(sample) && new URL(sample).origin === sample;
  // "app.example." is the same host as "app.example", and browsers treat it as another origin.
  if (!isHost || /\.(:\d+)?$/.test(rest)) {
    throw new Error(
      `allowedOrigins: "${entry}" is not an origin, and can never match as a pattern. A "*" stands for the first name ` +
        "of a host alone: https://*.app.pages.dev",
    );
  }
  const host = new URL(sample).hostname.slice("x.".length);
  if (isSharedHost(host)) {
    throw new Error(
      `allowedOrigins: "${entry}" would allow pages of anyone. Add the name that is yours: https://*.app.pages.dev`,
    );
  }
  return { scheme, rest };
}
