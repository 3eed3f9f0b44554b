import { builtinRoot } from "../builtin-root.js";

/** Creates the procedures for the operators of an app. */
export function createAdminRouter() {
  return builtinRoot.router({});
}
