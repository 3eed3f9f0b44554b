// Generates src/do/accounts/passwords/common-passwords.ts from a list of passwords, the most common first.
//
//   npm pack @zxcvbn-ts/language-common@4.1.3 && tar xzf zxcvbn-ts-language-common-*.tgz
//   node scripts/make-common-passwords.mjs package/src/passwords.json
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

/** Shorter passwords are rejected by their length. */
const SHORTEST = 8;
const COUNT = 12_000;

const list = JSON.parse(readFileSync(process.argv[2], "utf8"));
const chosen = [...new Set(list.map((password) => password.toLowerCase()))]
  .filter((password) => [...password].length >= SHORTEST)
  .slice(0, COUNT);
const digests = chosen
  .map((password) => createHash("sha256").update(password).digest().readUInt32BE(0))
  .toSorted((one, other) => one - other);
const bytes = Buffer.alloc(digests.length * 4);
digests.forEach((digest, index) => bytes.writeUInt32BE(digest, index * 4));

writeFileSync(
  new URL("../src/do/accounts/passwords/common-passwords.ts", import.meta.url),
  `// Written by scripts/make-common-passwords.mjs, from the list of @zxcvbn-ts/language-common 4.1.3, which is
// Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc., Copyright (c) 2021 @zxcvbn-ts, under the MIT licence.

/** The ${digests.length} most common passwords of 8 characters and more: the first four bytes of their SHA-256, sorted. */
export const commonPasswords =
  "${bytes.toString("base64")}";
`,
);
console.log(`${digests.length} passwords, ${bytes.length} bytes`);
