import { useMutation } from "@tanstack/react-query";
import { ActionButton } from "../action-button.tsx";
import { useIsOperator } from "../admin/permissions.ts";
import { Link, usePath } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";

/** The header of each page of a signed-in user. */
export function AccountBar({ email }: { readonly email: string }) {
  const trpc = useTRPC();
  const path = usePath();
  const isOperator = useIsOperator();
  const logout = useMutation(trpc.auth.logout.mutationOptions());
  return (
    <header className="bar">
      <Link to="/" className="bar-home" aria-label="Tasks">
        <img src="/icon.svg" alt="" width="28" height="28" />
      </Link>
      <span className="bar-email">{email}</span>
      <Link
        to="/organizations"
        className="button-quiet"
        aria-current={path.startsWith("/organizations") ? "page" : undefined}
      >
        Organizations
      </Link>
      <Link to="/offline" className="button-quiet" aria-current={path === "/offline" ? "page" : undefined}>
        Offline tasks
      </Link>
      <Link to="/account" className="button-quiet" aria-current={path.startsWith("/account") ? "page" : undefined}>
        Account
      </Link>
      {isOperator && (
        <Link to="/admin" className="button-quiet" aria-current={path.startsWith("/admin") ? "page" : undefined}>
          Admin
        </Link>
      )}
      <ActionButton className="button-quiet" onClick={() => logout.mutate()} isDisabled={logout.isPending}>
        Sign out
      </ActionButton>
    </header>
  );
}
