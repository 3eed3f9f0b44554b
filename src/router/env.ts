declare global {
  // Merges with the declaration of Cloudflare's types and `wrangler types`. A browser program that imports only the router's
  // type does not need Workers types.
  namespace Cloudflare {
    interface Env {}
  }
}

/** The Worker's bindings, as `wrangler types` or the app declares them in `Cloudflare.Env`. */
export type Env = Cloudflare.Env;
