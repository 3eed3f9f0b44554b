import { limits } from "../../shared/limits.js";
import { isProcedurePath } from "../../shared/procedure-path.js";
import { GateRefusal } from "./refusal.js";
import { decodePercent } from "./url-encoded.js";

const FORBIDDEN_NAME = /(^|\.)(__proto__|prototype|constructor)(\.|$)/;

/**
 * Reads the procedures that a URL's path names after the prefix.
 *
 * Only the canonical spelling is accepted. Otherwise `/trpc/auth%2elogin` would bypass a firewall rule for
 * `/trpc/auth.login`. Commas are an exception, because some clients escape them.
 *
 * @throws GateRefusal NOT_FOUND, BAD_REQUEST
 */
export function readPaths(rest: string, isBatch: boolean): string[] {
  if (rest === "") throw invalidPath("The path does not name a procedure. Append one, as in /trpc/posts.list.");
  const paths = isBatch ? rest.replaceAll(/%2c/gi, ",").split(",") : [rest];
  if (paths.length > limits.batchCalls) {
    throw new GateRefusal({
      code: "BAD_REQUEST",
      reason: "BATCH_TOO_LARGE",
      message: `The batch has more than ${limits.batchCalls} calls. Set the link's maxItems to ${limits.batchCalls}.`,
    });
  }
  return paths.map(readPath);
}

function readPath(raw: string): string {
  const path = decodeCanonical(raw);
  if (raw.length > limits.pathLength || path === undefined || !isProcedurePath(path) || FORBIDDEN_NAME.test(path)) {
    throw invalidPath(
      "The path is not a procedure's. Join names with dots, and the procedures of a batch with commas.",
    );
  }
  return path;
}

/** Decodes a path; `undefined` if `encodeURI` would not encode it in the same way. */
function decodeCanonical(raw: string): string | undefined {
  if (!raw.includes("%")) return raw;
  const path = decodePercent(raw);
  return path !== undefined && encodeURI(path) === raw ? path : undefined;
}

function invalidPath(message: string): GateRefusal {
  return new GateRefusal({ code: "NOT_FOUND", reason: "PATH_INVALID", message });
}
