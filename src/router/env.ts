declare global {
  // The same declaration that Cloudflare's types and `wrangler types` make: it merges with theirs, and keeps
  // a browser program that only imports the router's type free of Workers globals.
  namespace Cloudflare {
    interface Env {}
  }
}

/** The Worker's bindings, as `wrangler types` (or the app, by augmenting `Cloudflare.Env`) declares them. */
export type Env = Cloudflare.Env;
