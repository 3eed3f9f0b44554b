// Creates the .dev.vars that `npm run dev` needs in a fresh clone, with random secrets. Does not change an existing file.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";

const secret = () => randomBytes(48).toString("base64");
const lines = [
  "# Secrets for development on this machine. Not in git; delete the file to get new ones (and lose the local accounts).",
  `JWT_SECRET="${secret()}"`,
  `INDEX_SECRET="${secret()}"`,
  "DEV=true",
  "# The user who confirms this address becomes the first administrator.",
  'BOOTSTRAP_ADMIN_EMAIL="admin@example.com"',
];

try {
  writeFileSync(new URL(".dev.vars", import.meta.url), `${lines.join("\n")}\n`, { flag: "wx", mode: 0o600 });
} catch (error) {
  if (error.code !== "EEXIST") throw error;
}
