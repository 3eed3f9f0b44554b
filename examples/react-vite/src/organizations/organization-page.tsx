import { useQuery } from "@tanstack/react-query";
import { AccountBar } from "../account/account-bar.tsx";
import { PageHeading } from "../account/page-heading.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { Link } from "../navigation.tsx";
import { live, useTRPC } from "../trpc.ts";
import { LeavePanel } from "./leave-panel.tsx";
import { MembersPanel } from "./members-panel.tsx";
import { organizationPath, type OrganizationRoute } from "./organization-routes.ts";
import { ProjectTasks } from "./project-tasks.tsx";
import { ProjectsPanel } from "./projects-panel.tsx";

interface OrganizationPageProps {
  readonly email: string;
  readonly route: Exclude<OrganizationRoute, { page: "list" }>;
}

/** One organization, as one of its members sees it. The page offers only what their role allows. */
export function OrganizationPage({ email, route }: OrganizationPageProps) {
  const trpc = useTRPC();
  const { organizationId } = route;
  const { data: organization, error } = useQuery(
    live(trpc.organizations.get.queryOptions({ organizationId }, { retry: false })),
  );
  // A member who is removed while the page is open must not see the data any longer.
  const shown = error ? undefined : organization;

  return (
    <main className="page">
      <AccountBar email={email} />
      {!shown && !error && <h1 className="visually-hidden">Organization</h1>}
      {error && (
        <div className="heading account-heading">
          <PageHeading>Organization not available</PageHeading>
        </div>
      )}
      <ErrorMessage error={error} />
      <nav className="crumbs" aria-label="Where you are">
        <Link to="/organizations" className="link">
          Organizations
        </Link>
        {shown && route.page === "project" && (
          <Link to={organizationPath(organizationId)} className="link">
            {shown.name}
          </Link>
        )}
      </nav>
      {shown && route.page === "project" && <ProjectTasks organization={shown} projectId={route.projectId} />}
      {shown && route.page === "organization" && (
        <>
          <div className="heading account-heading">
            <PageHeading>{shown.name}</PageHeading>
            <span className="badge" data-good data-testid="role">
              {shown.role}
            </span>
          </div>
          <ProjectsPanel organization={shown} />
          <MembersPanel organization={shown} email={email} />
          <LeavePanel organization={shown} />
        </>
      )}
    </main>
  );
}
