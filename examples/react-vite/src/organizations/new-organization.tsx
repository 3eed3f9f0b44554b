import { useMutation } from "@tanstack/react-query";
import { navigate } from "../navigation.tsx";
import { NameForm } from "../name-form.tsx";
import { useTRPC } from "../trpc.ts";
import { organizationPath } from "./organization-routes.ts";

export function NewOrganization() {
  const trpc = useTRPC();
  const create = useMutation(
    trpc.organizations.create.mutationOptions({ onSuccess: ({ id }) => navigate(organizationPath(id)) }),
  );
  return (
    <NameForm
      label="Name of the organization"
      field="name"
      placeholder="A company, a club, a family…"
      action="Create"
      mutation={create}
      onSubmit={(name) => create.mutate({ name })}
    />
  );
}
