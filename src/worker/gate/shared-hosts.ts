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
export function isSharedHost(host: string): boolean {
  if (!host.includes(".")) return host !== "localhost";
  return SHARED_HOSTS.has(host) || SHARED_ZONES.test(host) || COUNTRY_DOMAIN.test(host);
}
