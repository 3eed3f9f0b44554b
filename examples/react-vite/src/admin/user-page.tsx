import { useQuery } from "@tanstack/react-query";
import { PageHeading } from "../account/page-heading.tsx";
import { describeError } from "../describe-error.ts";
import { useTRPC } from "../trpc.ts";
import { AccessPanel } from "./access-panel.tsx";
import { DeadLettersPanel } from "./dead-letters-panel.tsx";
import { MailPanel } from "./mail-panel.tsx";
import { UserDataPanel } from "./user-data-panel.tsx";
import { UserFacts } from "./user-facts.tsx";
import { UserRolesPanel } from "./user-roles-panel.tsx";
import { UserSessionsPanel } from "./user-sessions-panel.tsx";

/** One user, with the actions that the operator may do. */
export function UserPage({ userId }: { readonly userId: string }) {
  const trpc = useTRPC();
  const { data: managed, error } = useQuery(trpc.admin.users.get.queryOptions({ userId }, { retry: false }));

  if (!managed) {
    return (
      <>
        <div className="heading account-heading">
          <PageHeading>{error ? "User not available" : "User"}</PageHeading>
        </div>
        <p className="empty" role={error ? "alert" : undefined}>
          {describeError(error) ?? "Reading the account…"}
        </p>
      </>
    );
  }
  return (
    <>
      <div className="heading account-heading">
        <PageHeading>{managed.user.email}</PageHeading>
        {managed.status === "suspended" && <span className="badge">Suspended</span>}
      </div>
      <UserFacts managed={managed} />
      <AccessPanel managed={managed} />
      <UserRolesPanel managed={managed} />
      <UserSessionsPanel managed={managed} />
      <MailPanel managed={managed} />
      <DeadLettersPanel managed={managed} />
      <UserDataPanel managed={managed} />
    </>
  );
}
