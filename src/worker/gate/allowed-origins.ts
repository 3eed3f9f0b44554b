/** The foreign origins that may send requests with cookies. A list of exact origins has the same shape. */
export interface AllowedOrigins {
  /** @param origin as a browser sends it */
  includes(origin: string): boolean;
}

/**
 * Reads the app's list of exact origins and of patterns such as `https://*.app.pages.dev`, in which `*` matches one label.
 * Checks each entry when the app starts, because an entry that never matches would only show as refused requests.
 *
 * @throws Error with the entry that is not valid
 */
export function createAllowedOrigins(entries: readonly string[]): AllowedOrigins {
  const given: unknown = entries;
  if (!Array.isArray(given)) {
    throw new Error('allowedOrigins is not an array. Pass an array such as ["https://app.example.com"].');
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

/** Schemes whose URLs do not have an origin that a browser sends. */
const WITHOUT_ORIGIN: ReadonlySet<string> = new Set(
  "about: blob: data: file: filesystem: ftp: javascript: mailto: ws: wss:".split(" "),
);

function parseOrigin(entry: string): string {
  const canonical = URL.canParse(entry) ? originOf(new URL(entry)) : undefined;
  if (canonical === entry) return entry;
  const example = canonical ?? "https://app.example.com";
  throw new Error(`allowedOrigins: "${entry}" is not an origin. Use the form that browsers send: ${example}`);
}

/** The origin of a URL, including those with an app's own scheme: `capacitor://localhost`, `chrome-extension://…`. */
function originOf({ protocol, host, origin }: URL): string | undefined {
  if (/^https?:$/.test(protocol)) return origin;
  return WITHOUT_ORIGIN.has(protocol) || host === "" ? undefined : `${protocol}//${host}`;
}

interface Pattern {
  readonly scheme: string;
  /** The host after `*.`, with its port. */
  readonly rest: string;
}

/** The `*` matches exactly one label, so that a pattern fixes the depth of the host. */
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
      `allowedOrigins: "${entry}" is not an origin, and never matches as a pattern. Use "*" only for the first label ` +
        "of a host: https://*.app.pages.dev",
    );
  }
  const host = new URL(sample).hostname.slice("x.".length);
  if (isSharedHost(host)) {
    throw new Error(
      `allowedOrigins: "${entry}" would allow pages of anyone. Add your own name: https://*.app.pages.dev`,
    );
  }
  return { scheme, rest };
}

/** Hosts of hosting providers, tunnels and previews. Anyone can register a name directly below them. */
const SHARED_HOSTS: ReadonlySet<string> = new Set(
  (
    "pages.dev workers.dev trycloudflare.com r2.dev github.io gitlab.io bitbucket.io githubpreview.dev vercel.app now.sh " +
    "vercel.dev netlify.app web.app firebaseapp.com herokuapp.com onrender.com fly.dev deno.dev deno.net " +
    "railway.app surge.sh glitch.me repl.co replit.app stackblitz.io webcontainer.io bolt.host lovable.app codesandbox.io " +
    "csb.app ondigitalocean.app wixsite.com webflow.io framer.app framer.website myshopify.com blogspot.com wordpress.com " +
    "cloudfront.net edgeone.app b-cdn.net azureedge.net azurefd.net expo.app loca.lt localhost.run serveo.net lhr.life " +
    "ngrok-free.app ngrok-free.dev ngrok.app ngrok.dev ts.net translate.goog nip.io sslip.io"
  ).split(" "),
);

/** Providers that have regions and services between their own host and the name of a customer. */
const SHARED_ZONES =
  /(^|\.)(amazonaws\.com|amplifyapp\.com|azurewebsites\.net|azurestaticapps\.net|azure\.com|windows\.net|run\.app|appspot\.com|ngrok\.io|github\.dev|gitpod\.io|replit\.dev|devtunnels\.ms)$/;

/** Country domains below which anyone can register a name: `co.uk`, `com.au`, `or.at`. */
const COUNTRY_DOMAIN =
  /^(ac|asn|co|com|edu|firm|gen|go|gob|gov|gv|id|ind|info|ltd|me|ne|net|nom|or|org|plc|web)\.[a-z]{2}$/;

/**
 * Whether anyone can register a host directly below this one. The complete Public Suffix List is too large for a Worker:
 * this covers top-level domains, country domains and the providers that most apps are deployed with.
 *
 * @see https://publicsuffix.org
 * @param host in lower case, without a port
 */
function isSharedHost(host: string): boolean {
  if (!host.includes(".")) return host !== "localhost";
  return SHARED_HOSTS.has(host) || SHARED_ZONES.test(host) || COUNTRY_DOMAIN.test(host);
}
