import { useMutation } from "@tanstack/react-query";
import { describeField } from "../describe-error.ts";
import { navigate } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";
import { NameForm } from "./name-form.tsx";
import { organizationPath } from "./organization-routes.ts";

export function NewOrganization() {
  const trpc = useTRPC();
  const create = useMutation(
    trpc.organizations.create.mutationOptions({ onSuccess: ({ id }) => navigate(organizationPath(id)) }),
  );
  return (
    <NameForm
      label="Name of the organization"
      placeholder="A company, a club, a family…"
      action="Create"
      mutation={create}
      besideField={describeField(create.error, "name")}
      onSubmit={(name) => create.mutate({ name })}
    />
  );
}
