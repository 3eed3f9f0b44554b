/** The page for operators of a path; `undefined` for a path of another part of the app. */
export type AdminRoute =
  | { readonly page: "users" }
  | { readonly page: "user"; readonly userId: string }
  | { readonly page: "roles" }
  | { readonly page: "audit" };

export function adminRouteOf(path: string): AdminRoute | undefined {
  const [, root, part, userId, ...rest] = path.split("/");
  if (root !== "admin" || rest.length > 0) return undefined;
  if (part === "users" && userId) return { page: "user", userId };
  if (userId !== undefined) return undefined;
  if (part === undefined || part === "") return { page: "users" };
  return part === "roles" || part === "audit" ? { page: part } : undefined;
}

export const userPath = (userId: string): string => `/admin/users/${userId}`;
