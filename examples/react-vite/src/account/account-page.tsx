import { useQuery } from "@tanstack/react-query";
import { describeError } from "../describe-error.ts";
import { Link, usePath } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";
import { AccountBar } from "./account-bar.tsx";
import { DataPage } from "./data-page.tsx";
import { PageHeading } from "./page-heading.tsx";
import { ProfilePage } from "./profile-page.tsx";
import { SecurityPage } from "./security-page.tsx";

const pages = [
  { path: "/account", name: "Profile" },
  { path: "/account/security", name: "Security" },
  { path: "/account/data", name: "Your data" },
] as const;

/** Whether a path is one of the account's pages. */
export const isAccountPath = (path: string): boolean => pages.some((page) => page.path === path);

/** The settings of the account. */
export function AccountPage({ email }: { readonly email: string }) {
  const trpc = useTRPC();
  const path = usePath();
  const user = useQuery(trpc.account.get.queryOptions());
  const current = pages.find((page) => page.path === path);

  return (
    <main className="page">
      <AccountBar email={user.data?.email ?? email} />
      <div className="heading account-heading">
        <PageHeading>Account</PageHeading>
      </div>
      <nav className="tabs" aria-label="Account">
        {pages.map((page) => (
          <Link key={page.path} to={page.path} aria-current={page === current ? "page" : undefined}>
            {page.name}
          </Link>
        ))}
      </nav>
      {user.data ? (
        <>
          {current?.name === "Profile" && <ProfilePage user={user.data} />}
          {current?.name === "Security" && <SecurityPage email={user.data.email} />}
          {current?.name === "Your data" && <DataPage email={user.data.email} />}
        </>
      ) : (
        <p className="empty" role={user.error ? "alert" : undefined}>
          {describeError(user.error) ?? "Reading your account…"}
        </p>
      )}
    </main>
  );
}
