/** The page of the link in an invitation's mail: the list of organizations, which contains the invitation. */
export const INVITATION_PATH = "/invitation";

/** The organizations page of a path; `undefined` for a path of another part of the app. */
export type OrganizationRoute =
  | { readonly page: "list" }
  | { readonly page: "organization"; readonly organizationId: string }
  | { readonly page: "project"; readonly organizationId: string; readonly projectId: string };

export function organizationRouteOf(path: string): OrganizationRoute | undefined {
  if (path === INVITATION_PATH) return { page: "list" };
  const [, root, organizationId, projects, projectId, ...rest] = path.split("/");
  if (root !== "organizations" || rest.length > 0) return undefined;
  if (!organizationId) return { page: "list" };
  if (projects === undefined) return { page: "organization", organizationId };
  return projects === "projects" && projectId ? { page: "project", organizationId, projectId } : undefined;
}

export const organizationPath = (organizationId: string): string => `/organizations/${organizationId}`;

export const projectPath = (organizationId: string, projectId: string): string =>
  `${organizationPath(organizationId)}/projects/${projectId}`;
