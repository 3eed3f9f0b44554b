import { useMutation, useQuery } from "@tanstack/react-query";
import { AccountBar } from "../account/account-bar.tsx";
import { PageHeading } from "../account/page-heading.tsx";
import { Panel } from "../account/panel.tsx";
import { ActionButton } from "../action-button.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { Link } from "../navigation.tsx";
import { live, useTRPC } from "../trpc.ts";
import { ConfirmAddressPanel } from "./confirm-address-panel.tsx";
import { InvitationRow } from "./invitation-row.tsx";
import { NewOrganization } from "./new-organization.tsx";
import { organizationPath } from "./organization-routes.ts";

/** The user's organizations, and their invitations. */
export function OrganizationsPage({ email }: { readonly email: string }) {
  const trpc = useTRPC();
  // Live, so that an invitation appears while the page is open.
  const organizations = useQuery(live(trpc.organizations.list.queryOptions()));
  const declineAll = useMutation(trpc.organizations.invitations.declineAll.mutationOptions());
  const invited = organizations.data?.flatMap((each) => (each.status === "invited" ? [each] : [])) ?? [];
  const joined = organizations.data?.flatMap((each) => (each.status === "member" ? [each] : [])) ?? [];

  return (
    <main className="page">
      <AccountBar email={email} />
      <div className="heading">
        <PageHeading>Organizations</PageHeading>
      </div>
      <ErrorMessage error={organizations.error ?? declineAll.error} />
      <ConfirmAddressPanel email={email} />
      {invited.length > 0 && (
        <Panel title="Invitations">
          <ul className="rows" aria-label="Invitations">
            {invited.map((invitation) => (
              <InvitationRow key={invitation.invitationId} invitation={invitation} />
            ))}
          </ul>
          {invited.length > 1 && (
            <ActionButton
              className="button-quiet"
              isDisabled={declineAll.isPending}
              onClick={() => declineAll.mutate()}
            >
              Decline all
            </ActionButton>
          )}
        </Panel>
      )}
      <Panel title="Yours" intro="Each organization has its own Durable Object. All of its members share its tables.">
        {joined.length > 0 && (
          <ul className="rows" aria-label="Organizations">
            {joined.map(({ id, name, role }) => (
              <li className="row" key={id}>
                <p className="row-words row-title">
                  <Link to={organizationPath(id)} className="link">
                    {name}
                  </Link>
                  <span className="badge" data-good>
                    {role}
                  </span>
                </p>
              </li>
            ))}
          </ul>
        )}
        <NewOrganization />
      </Panel>
    </main>
  );
}
