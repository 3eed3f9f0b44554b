import { useMutation, useQuery } from "@tanstack/react-query";
import { Panel } from "../account/panel.tsx";
import { ConfirmButton } from "../confirm-button.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { Link } from "../navigation.tsx";
import { NameForm } from "../name-form.tsx";
import { live, useTRPC } from "../trpc.ts";
import { may, type Organization } from "./organization.ts";
import { projectPath } from "./organization-routes.ts";

export function ProjectsPanel({ organization }: { readonly organization: Organization }) {
  const trpc = useTRPC();
  const { id: organizationId } = organization;
  const projects = useQuery(live(trpc.projects.list.queryOptions({ organizationId })));
  const create = useMutation(trpc.projects.create.mutationOptions());
  const remove = useMutation(trpc.projects.delete.mutationOptions());
  const mayWrite = may(organization, "project:write");

  return (
    <Panel title="Projects">
      {projects.data?.length === 0 && <p className="lead">No project yet.</p>}
      <ul className="rows" aria-label="Projects">
        {projects.data?.map(({ id, name }) => (
          <li className="row" key={id}>
            <p className="row-words row-title">
              <Link to={projectPath(organizationId, id)} className="link">
                {name}
              </Link>
            </p>
            {mayWrite && (
              <ConfirmButton
                className="button-quiet"
                aria-label={`Delete the project ${name}`}
                isDisabled={remove.isPending}
                question={`Delete the project “${name}”?`}
                explanation="This deletes its tasks for everybody."
                action="Delete"
                onConfirm={() => remove.mutate({ organizationId, id })}
              >
                Delete
              </ConfirmButton>
            )}
          </li>
        ))}
      </ul>
      <ErrorMessage className="field-error" error={remove.error} />
      {mayWrite && (
        <NameForm
          label="Name of the project"
          field="name"
          placeholder="Another project"
          action="Add"
          mutation={create}
          onSubmit={(name, form) => create.mutate({ organizationId, name }, { onSuccess: () => form.reset() })}
        />
      )}
    </Panel>
  );
}
