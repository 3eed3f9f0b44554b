import { limits } from "../../shared/limits.js";
import { isProcedurePath } from "../../shared/procedure-path.js";
import { GateRefusal } from "./refusal.js";

const FORBIDDEN_NAME = /(^|\.)(__proto__|prototype|constructor)(\.|$)/;

/**
 * The procedures named by what follows the prefix in a URL's path.
 *
 * Only the canonical spelling is accepted, so that a rule made for `/trpc/auth.login` cannot be passed by
 * `/trpc/auth%2elogin`. Commas, which some clients escape, are the exception.
 *
 * @throws Refused NOT_FOUND, BAD_REQUEST
 */
export function readPaths(rest: string, isBatch: boolean): string[] {
  if (rest === "")
    throw new GateRefusal("NOT_FOUND", "The path names no procedure. Append one, as in /trpc/posts.list.");
  const paths = isBatch ? rest.replaceAll(/%2c/gi, ",").split(",") : [rest];
  if (paths.length > limits.batchCalls) {
    throw new GateRefusal(
      "BAD_REQUEST",
      `A batch holds at most ${limits.batchCalls} calls. Set the link's maxItems to ${limits.batchCalls}.`,
    );
  }
  return paths.map(readPath);
}

function readPath(raw: string): string {
  const path = decode(raw);
  if (raw.length > limits.pathLength || path === undefined || !isProcedurePath(path) || FORBIDDEN_NAME.test(path)) {
    throw new GateRefusal(
      "NOT_FOUND",
      "The path names no procedure. Names are joined by dots, and by commas in a batch.",
    );
  }
  return path;
}

function decode(raw: string): string | undefined {
  if (!raw.includes("%")) return raw;
  try {
    const path = decodeURI(raw);
    return encodeURI(path) === raw ? path : undefined;
  } catch {
    return undefined;
  }
}
