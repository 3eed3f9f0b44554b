import { useMutation, useQueryClient } from "@tanstack/react-query";
import { describeField } from "../describe-error.ts";
import { Field } from "../field.tsx";
import { useTRPC } from "../trpc.ts";
import { AccountForm, textOf } from "./account-form.tsx";
import { CurrentPasswordField, isWrongPassword } from "./current-password-field.tsx";
import { Panel } from "./panel.tsx";

export function PasswordPanel({ email }: { readonly email: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const change = useMutation(
    trpc.auth.changePassword.mutationOptions({ onSuccess: () => queryClient.invalidateQueries() }),
  );

  return (
    <Panel title="Password" intro="Changing it signs out all your other devices.">
      <AccountForm
        action="Change password"
        mutation={change}
        isShownBeside={isWrongPassword(change.error)}
        done={change.isSuccess && "Your password was changed, and all your other devices are signed out."}
        onSubmit={(fields, form) =>
          change.mutate(
            { currentPassword: textOf(fields, "currentPassword"), newPassword: textOf(fields, "new") },
            { onSuccess: () => form.reset() },
          )
        }
      >
        {/* For password managers, which store a password with its address. */}
        <input type="hidden" name="username" autoComplete="username" value={email} />
        <CurrentPasswordField label="Current password" name="currentPassword" error={change.error} />
        <Field
          label="New password"
          name="new"
          type="password"
          autoComplete="new-password"
          error={describeField(change.error, "newPassword")}
        />
      </AccountForm>
    </Panel>
  );
}
