/** The names of routers and procedures joined by dots, as far as requests over HTTP can have them. */
const PROCEDURE_PATH = /^[\p{L}\p{M}\p{N}_$-]+(\.[\p{L}\p{M}\p{N}_$-]+)*$/u;

/** Whether a path, or a single name, can be called over every transport. */
export function isProcedurePath(path: string): boolean {
  return PROCEDURE_PATH.test(path);
}
