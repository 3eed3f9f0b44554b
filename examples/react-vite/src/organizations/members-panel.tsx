import { useQuery } from "@tanstack/react-query";
import { Panel } from "../account/panel.tsx";
import { live, useTRPC } from "../trpc.ts";
import { InvitationsPart } from "./invitations-part.tsx";
import { MemberRow } from "./member-row.tsx";
import { may, type Organization } from "./organization.ts";

interface MembersPanelProps {
  readonly organization: Organization;
  readonly email: string;
}

export function MembersPanel({ organization, email }: MembersPanelProps) {
  const trpc = useTRPC();
  const { id: organizationId } = organization;
  const members = useQuery(live(trpc.organizations.members.list.queryOptions({ organizationId })));
  const roles = useQuery(trpc.organizations.roles.list.queryOptions({ organizationId }, { staleTime: Infinity }));
  const names = roles.data?.map(({ name }) => name) ?? [];
  const own = names.indexOf(organization.role);
  // Sorted from the highest. Members may only assign and revoke roles below their own, and an owner may assign any.
  const below = organization.role === "owner" ? names : names.slice(own + 1);
  const mayManage = may(organization, "member:manage");

  return (
    <Panel title="Members">
      <ul className="rows" aria-label="Members">
        {members.data?.map((member) => (
          <MemberRow
            key={member.userId}
            organizationId={organizationId}
            member={member}
            isSelf={member.email === email}
            roles={mayManage && below.includes(member.role) ? below : []}
          />
        ))}
      </ul>
      {mayManage && (
        <InvitationsPart organizationId={organizationId} roles={below.filter((role) => role !== "owner")} />
      )}
    </Panel>
  );
}
