import { useMutation } from "@tanstack/react-query";
import { navigate } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";
import { AccountForm, textOf } from "./account-form.tsx";
import { CurrentPasswordField, isWrongPassword } from "./current-password-field.tsx";
import { Panel } from "./panel.tsx";
import { useExport } from "./use-export.ts";

export function DataPage({ email }: { readonly email: string }) {
  return (
    <>
      <ExportPanel />
      <DeletePanel email={email} />
    </>
  );
}

function ExportPanel() {
  const download = useExport();
  return (
    <Panel
      title="Download"
      intro="Everything that we store about you: your account, devices, tasks and activity, one JSON record per line, without secrets."
    >
      <AccountForm
        action="Download my data"
        mutation={download}
        done={download.isSuccess && `Downloaded ${download.data} records.`}
        onSubmit={() => download.mutate()}
      />
    </Panel>
  );
}

function DeletePanel({ email }: { readonly email: string }) {
  const trpc = useTRPC();
  const remove = useMutation(trpc.account.delete.mutationOptions({ onSuccess: () => navigate("/goodbye") }));
  return (
    <Panel
      danger
      title="Delete the account"
      intro={
        <>
          This deletes <strong>{email}</strong> and all its tasks, at once. They cannot be restored.
        </>
      }
    >
      <AccountForm
        danger
        action="Delete my account"
        mutation={remove}
        isShownBeside={isWrongPassword(remove.error)}
        onSubmit={(fields) => remove.mutate({ password: textOf(fields, "password") })}
      >
        <CurrentPasswordField error={remove.error} />
      </AccountForm>
    </Panel>
  );
}
