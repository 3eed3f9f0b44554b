import type { CommandResult } from "./command.js";

/** The result of a change, with a note if an object that it concerns could not be reached yet. */
export function changeResult(value: { readonly applied: boolean }, text: string): CommandResult {
  if (value.applied) return { value, text };
  return { value, text, note: "Not all objects could be reached. The change takes effect there within minutes." };
}
