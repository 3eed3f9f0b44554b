import type { ComponentProps } from "react";
import { AccountForm, textOf } from "../account/account-form.tsx";
import { describeField, type AppError } from "../describe-error.ts";
import { Field } from "../field.tsx";
import { useSession } from "../trpc.ts";
import type { Permission } from "./permissions.ts";
import type { Role } from "./role.ts";

interface RoleValues {
  readonly name: string;
  readonly description: string;
  readonly permissions: Permission[];
}

interface RoleFormProps extends Pick<ComponentProps<typeof AccountForm>, "action" | "done"> {
  readonly role?: Role;
  readonly mutation: { readonly isPending: boolean; readonly error: AppError | null };
  readonly onSubmit: (values: RoleValues, form: HTMLFormElement) => void;
}

/** The fields of a role. It offers the permissions of the operator, who can give no others. */
export function RoleForm({ role, action, mutation, done, onSubmit }: RoleFormProps) {
  const { user } = useSession();
  const offered = [...(user?.permissions ?? [])].sort();
  const nameError = describeField(mutation.error, "name") ?? describeField(mutation.error, "newName");

  return (
    <AccountForm
      action={action}
      mutation={mutation}
      done={done}
      onSubmit={(fields, form) =>
        onSubmit(
          {
            name: textOf(fields, "name").trim(),
            description: textOf(fields, "description").trim(),
            permissions: offered.filter((permission) => fields.getAll("permissions").includes(permission)),
          },
          form,
        )
      }
    >
      <Field label="Name" name="name" autoComplete="off" maxLength={50} defaultValue={role?.name} error={nameError} />
      <Field
        label="Description"
        name="description"
        autoComplete="off"
        defaultValue={role?.description}
        error={describeField(mutation.error, "description")}
      />
      <fieldset className="choices">
        <legend>Permissions</legend>
        {offered.map((permission) => (
          <label key={permission}>
            <input
              type="checkbox"
              name="permissions"
              value={permission}
              defaultChecked={role?.permissions.includes(permission)}
            />
            <code>{permission}</code>
          </label>
        ))}
      </fieldset>
    </AccountForm>
  );
}
