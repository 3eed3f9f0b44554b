import type { Operation } from "@trpc/client";

/** An owner as the client names it: the id of an organization, {@link APP} for the app, or `undefined` for the user. */
export type OwnerKey = string | undefined;

/** The app as an owner. It has a character that no id contains. */
export const APP = "app:";

type Call = Pick<Operation, "path" | "input">;

/**
 * Finds the owner of the object that handles a call. The input names an organization, but not the app: the user's object refuses
 * a procedure of the app with an error that names the owner.
 */
export function createProcedureOwners() {
  const appPaths = new Set<unknown>();

  /** The path of the procedure, or of the query that `_live` runs. */
  const pathOf = ({ path, input }: Call): unknown =>
    path === "_live" ? (input as { readonly path: unknown }).path : path;

  return {
    ownerOf(call: Call): OwnerKey {
      // The server refuses an id that is not a string.
      const { organizationId } = (call.input ?? {}) as { readonly organizationId?: string };
      return organizationId ?? (appPaths.has(pathOf(call)) ? APP : undefined);
    },

    /** Returns whether an error shows that the call is for the app, which was not known before. */
    learn(call: Call, { data }: { readonly data?: unknown }): boolean {
      const known = appPaths.size;
      return (data as { readonly owner?: unknown } | null)?.owner === "app" && appPaths.add(pathOf(call)).size > known;
    },
  };
}
