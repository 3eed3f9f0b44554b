import type { SigningKeyring } from "./keyring.js";
import { kidOf, secretOf, type SigningSecrets } from "./signing-secrets.js";

/** HS256: whoever can check a token can also make one, so the secret stays within the app. */
export function secretKeyring(secrets: Pick<SigningSecrets, "current" | "previous">): SigningKeyring {
  return {
    algorithms: ["HS256"],
    find: ({ kid }) => secretOf(secrets, kid),
    signer: async () => ({
      alg: "HS256",
      kid: await kidOf(secrets.current),
      key: new TextEncoder().encode(secrets.current),
    }),
  };
}
