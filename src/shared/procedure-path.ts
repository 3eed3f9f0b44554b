/** Names of routers and procedures joined by dots, with the characters that URLs of requests can contain. */
const PROCEDURE_PATH = /^[\p{L}\p{M}\p{N}_$-]+(\.[\p{L}\p{M}\p{N}_$-]+)*$/u;

/** Whether a path, or a single name, can be called over every transport. */
export function isProcedurePath(path: string): boolean {
  return PROCEDURE_PATH.test(path);
}
