// Bundles each browser entry point like an app's bundler, checks it for server code, and measures its size.
import { existsSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "../run.mjs";

const kilobyte = 1000;

/** The bytes that a client may have in addition to tRPC's client with the links that it replaces. */
const clientAllowance = 3 * kilobyte;

/**
 * The further bytes of a client with live queries, in any framework. An app that does not use them does not load them.
 */
const liveAllowance = 4 * kilobyte;

const plainClient = `
  export { createTRPCClient, createWSClient, httpBatchStreamLink, splitLink, wsLink } from "@trpc/client";
  export { default as superjson } from "superjson";
`;

const peers = ["react", "react/*", "react-dom", "@tanstack/*", "@trpc/*"];

const forbidden = [
  [/^(dist|src)\/(do|worker|router|jwt)\//, "server code"],
  [/(^|\/)node_modules\/(zod|jose|kysely|uuid|cookie|croner|@phc)\//, "a server's dependency"],
  [/^(cloudflare|node):/, "a server's built-in module"],
];

/** A dependency that a browser entry point may bundle nevertheless. */
const allowed = { "tanstack-db": /\/node_modules\/uuid\/|^node_modules\/uuid\// };

/** @param {string[]} missing entry points that are not built */
export async function checkBundles(missing) {
  const problems = [];
  for (const entry of ["client", "persist", "react", "tanstack-db"]) {
    if (missing.includes(`./${entry}`) || !existsSync(path.join(root, "dist", entry))) continue;
    problems.push(...(await findServerCode(entry)));
  }
  if (!missing.includes("./jwt") && existsSync(path.join(root, "dist/jwt"))) problems.push(...(await checkJwt()));
  if (problems.length > 0 || missing.includes("./client")) return problems;
  return checkSizes(missing);
}

async function findServerCode(entry) {
  try {
    const { metafile } = await bundle(`export * from "./dist/${entry}/index.js";`);
    return findForbidden(metafile, allowed[entry]).map(
      ({ chain, reason }) => `${entry} bundles ${reason}: ${chain.join(" -> ")}`,
    );
  } catch (error) {
    return [`${entry} does not bundle for a browser: ${error.message}`];
  }
}

/** Token checks run in any runtime, including a browser's service worker, so only jose may be bundled with them. */
async function checkJwt() {
  try {
    const { metafile } = await bundle(`export * from "./dist/jwt/index.js";`);
    const unexpected = Object.keys(metafile.inputs).filter(
      (input) => input !== "entry.js" && !/^(dist|src)\/(jwt|shared)\/|(^|\/)node_modules\/jose\//.test(input),
    );
    return unexpected.map((input) => `jwt bundles ${input}`);
  } catch (error) {
    return [`jwt does not bundle for a browser: ${error.message}`];
  }
}

/** Returns the sizes of the browser clients after gzip, in bytes, and their budgets. */
export async function weighClients() {
  const plain = await weigh(plainClient);
  const client = await weigh(`export { createClient, onSignInChange } from "./dist/client/index.js";`);
  const budget = plain + clientAllowance;
  const whole = await weigh(`export * from "./dist/client/index.js";`);
  return { plain, client, budget, whole, wholeBudget: budget + liveAllowance };
}

async function checkSizes(missing) {
  const { plain, client, budget, whole, wholeBudget } = await weighClients();
  console.log(`             plain tRPC client ${kB(plain)}; client ${kB(client)} of ${kB(budget)} (gzip)`);
  console.log(`             client with live queries ${kB(whole)} of ${kB(wholeBudget)} (gzip)`);
  if (!missing.includes("./react") && existsSync(path.join(root, "dist/react"))) {
    const react = await weigh(`export * from "./dist/react/index.js";`, peers);
    console.log(`             react ${kB(react)} (gzip, without React, TanStack Query and tRPC)`);
  }
  if (!missing.includes("./tanstack-db") && existsSync(path.join(root, "dist/tanstack-db"))) {
    const collections = await weigh(`export * from "./dist/tanstack-db/index.js";`, peers);
    console.log(`             tanstack-db ${kB(collections)} (gzip, without TanStack DB and tRPC)`);
  }
  const problems = [];
  if (client > budget) problems.push(`the client weighs ${kB(client)}, more than plain tRPC + ${kB(clientAllowance)}`);
  if (whole > wholeBudget) problems.push(`with live queries it weighs ${kB(whole)}, more than ${kB(wholeBudget)}`);
  return problems;
}

const kB = (bytes) => `${(bytes / kilobyte).toFixed(2)} kB`;

/**
 * The size of the code that a page loads first. A chunk that is imported on demand, such as the socket class, loads
 * later.
 */
async function weigh(contents, external = []) {
  const { metafile, outputFiles } = await bundle(contents, external, { splitting: true, outdir: "bundle" });
  const contentsOf = new Map(outputFiles.map((file) => [path.relative(root, file.path), file.contents]));
  const first = Object.keys(metafile.outputs).filter((output) => metafile.outputs[output].entryPoint === "entry.js");
  for (const output of first) {
    for (const { path: chunk, kind } of metafile.outputs[output].imports) {
      if (kind === "import-statement" && contentsOf.has(chunk) && !first.includes(chunk)) first.push(chunk);
    }
  }
  return first.reduce((sum, output) => sum + gzipSync(contentsOf.get(output), { level: 9 }).length, 0);
}

function bundle(contents, external = [], options = {}) {
  return build({
    stdin: { contents, resolveDir: root, sourcefile: "entry.js" },
    absWorkingDir: root,
    bundle: true,
    define: { "process.env.NODE_ENV": '"production"' },
    external: ["cloudflare:*", "node:*", ...external],
    format: "esm",
    legalComments: "none",
    logLevel: "silent",
    metafile: true,
    minify: true,
    platform: "browser",
    target: "es2022",
    treeShaking: true,
    write: false,
    ...options,
  });
}

/**
 * Follows the imports from the entry. Returns the import path to each forbidden module, and does not search further
 * there.
 */
function findForbidden({ inputs }, allowed) {
  const found = [];
  const seen = new Set();
  const queue = [["entry.js"]];
  for (const chain of queue) {
    for (const { path: file } of inputs[chain.at(-1)]?.imports ?? []) {
      if (seen.has(file)) continue;
      seen.add(file);
      const reason = allowed?.test(file) ? undefined : forbidden.find(([pattern]) => pattern.test(file))?.[1];
      if (reason) found.push({ chain: [...chain, file], reason });
      else queue.push([...chain, file]);
    }
  }
  return found;
}
