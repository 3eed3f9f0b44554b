import { useSession } from "../trpc.ts";

type Session = ReturnType<typeof useSession>;
/** A permission in the whole app. */
export type Permission = NonNullable<Session["user"]>["permissions"][number];

/** What each page for operators needs. */
const pagePermissions: readonly Permission[] = ["user:read", "role:read", "audit:read"];

/** Returns whether the signed-in user has a permission, and the page offers what needs it. The server checks it again. */
export function useMay(): (permission: Permission) => boolean {
  const { user } = useSession();
  return (permission) => user?.permissions.includes(permission) ?? false;
}

/** Whether the signed-in user may open a page for operators. */
export function useIsOperator(): boolean {
  const may = useMay();
  return pagePermissions.some(may);
}
