import { publicKeysOf } from "../../jwt/key-pair-keyring.js";
import type { Configuration } from "../configuration.js";

/** How long other services may cache the keys, in seconds. They ask again for a key that they do not know. */
const MAX_AGE = 300;

/**
 * The keys with which other services verify access tokens, as a JSON Web Key Set. The set is empty if the app signs with
 * a secret.
 *
 * @throws ConfigurationError if a key is not valid
 * @see https://www.rfc-editor.org/rfc/rfc7517#section-5
 */
export async function publicKeysResponse(configure: () => Configuration): Promise<Response> {
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
