import { publicKeysOf } from "../jwt/key-pair-keyring.js";
import type { Configuration } from "./configuration.js";

/** How long another service may go on with what it fetched, in seconds. It asks again for a key that it does not know. */
const MAX_AGE = 300;

/**
 * The keys that other services check access tokens with, as a JSON Web Key Set (RFC 7517). An app that signs with a
 * secret has none to give.
 *
 * @throws ConfigurationError when a key is none
 */
export async function answerPublicKeys(configure: () => Configuration): Promise<Response> {
  const { keyPair } = configure().secrets.jwt;
  const keys = keyPair ? await publicKeysOf(keyPair) : [];
  return Response.json(
    { keys },
    {
      headers: {
        "Cache-Control": `public, max-age=${MAX_AGE}`,
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
      },
    },
  );
}
