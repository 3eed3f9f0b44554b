import { useMutation, useQuery } from "@tanstack/react-query";
import { PageHeading } from "../account/page-heading.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { LiveLabel } from "../live-label.tsx";
import { NameForm } from "../name-form.tsx";
import { live, useTRPC } from "../trpc.ts";
import { may, type Organization } from "./organization.ts";
import { ProjectTask } from "./project-task.tsx";

interface ProjectTasksProps {
  readonly organization: Organization;
  readonly projectId: string;
}

/** A project's tasks, which all members see at the same time. */
export function ProjectTasks({ organization, projectId }: ProjectTasksProps) {
  const trpc = useTRPC();
  const { id: organizationId } = organization;
  const projects = useQuery(live(trpc.projects.list.queryOptions({ organizationId })));
  const tasks = useQuery(live(trpc.projects.tasks.list.queryOptions({ organizationId, projectId })));
  const create = useMutation(trpc.projects.tasks.create.mutationOptions());
  const project = projects.data?.find(({ id }) => id === projectId);
  const mayWrite = may(organization, "task:write");

  if (projects.data && !project) {
    return (
      <>
        <div className="heading account-heading">
          <PageHeading>Project not found</PageHeading>
        </div>
        <p className="card empty" role="status">
          This project was deleted.
        </p>
      </>
    );
  }
  return (
    <>
      <div className="heading account-heading">
        <PageHeading>{project?.name ?? "…"}</PageHeading>
        <LiveLabel />
      </div>
      <section className="card" aria-label="Tasks" tabIndex={-1}>
        {mayWrite && (
          <div className="new-project-task">
            <NameForm
              label="New task"
              field="title"
              placeholder="What is there to do?"
              action="Add"
              mutation={create}
              onSubmit={(title, form) =>
                create.mutate({ organizationId, projectId, title }, { onSuccess: () => form.reset() })
              }
            />
          </div>
        )}
        <ErrorMessage error={tasks.error} />
        {tasks.data?.length === 0 && <p className="empty">Nothing to do.</p>}
        <ul className="tasks">
          {tasks.data?.map((task) => (
            <ProjectTask key={task.id} organizationId={organizationId} task={task} mayWrite={mayWrite} />
          ))}
        </ul>
      </section>
    </>
  );
}
