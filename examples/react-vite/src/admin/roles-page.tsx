import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { Panel } from "../account/panel.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC } from "../trpc.ts";
import { useReadAgain } from "./admin-actions.ts";
import { MoreButton } from "./more-button.tsx";
import { useMay } from "./permissions.ts";
import { RoleForm } from "./role-form.tsx";
import { RoleRow } from "./role-row.tsx";

/** The roles of the app: those declared in code, and those that operators created. */
export function RolesPage() {
  const trpc = useTRPC();
  const may = useMay();
  const readAgain = useReadAgain();
  const roles = useInfiniteQuery(
    trpc.admin.roles.list.infiniteQueryOptions({ limit: 50 }, { getNextPageParam: ({ nextCursor }) => nextCursor }),
  );
  const create = useMutation(trpc.admin.roles.create.mutationOptions({ onSuccess: readAgain }));

  return (
    <>
      <Panel title="Roles" intro="A role gives its permissions to its members, in the whole app.">
        <ErrorMessage error={roles.error} />
        <ul className="rows" aria-label="Roles">
          {roles.data?.pages
            .flatMap((page) => page.items)
            .map((role) => (
              <RoleRow key={role.name} role={role} />
            ))}
        </ul>
        <MoreButton list={roles}>Show more</MoreButton>
      </Panel>
      {may("role:manage") && (
        <Panel title="New role" intro="You can only give it permissions that you have yourself.">
          <RoleForm
            action="Create"
            mutation={create}
            done={create.isSuccess && "Created."}
            onSubmit={(values, form) => create.mutate(values, { onSuccess: () => form.reset() })}
          />
        </Panel>
      )}
    </>
  );
}
