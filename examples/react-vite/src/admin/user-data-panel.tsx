import { useMutation } from "@tanstack/react-query";
import { Panel } from "../account/panel.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { navigate } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";
import { useReadAgain } from "./admin-actions.ts";
import type { ManagedUserProps } from "./managed-user.ts";
import { useMay } from "./permissions.ts";
import { ReasonButton } from "./reason-button.tsx";
import { useUserExport } from "./use-user-export.ts";

/** Exports the user's data, and deletes the account. */
export function UserDataPanel({ managed: { user } }: ManagedUserProps) {
  const trpc = useTRPC();
  const readAgain = useReadAgain();
  const may = useMay();
  const download = useUserExport(user.id);
  const remove = useMutation(
    trpc.admin.users.delete.mutationOptions({
      onSuccess() {
        navigate("/admin");
        void readAgain();
      },
    }),
  );
  if (!may("user:export") && !may("user:delete")) return null;

  return (
    <Panel danger title="Data" intro="A deleted account cannot be restored.">
      <ErrorMessage error={download.error ?? remove.error} />
      <div className="panel-actions">
        {may("user:export") && (
          <ReasonButton
            action="Download the data"
            question={`Download all data of ${user.email}?`}
            explanation="The user can see in their own activity that an operator did it."
            isDisabled={download.isPending}
            onConfirm={(reason) => download.mutate(reason)}
          />
        )}
        {may("user:delete") && (
          <ReasonButton
            action="Delete the account"
            danger
            question={`Delete ${user.email} with all data?`}
            explanation="This happens at once, and cannot be undone."
            isDisabled={remove.isPending}
            onConfirm={(reason) => remove.mutate({ userId: user.id, reason })}
          />
        )}
        <p role="status">{download.isSuccess && `Downloaded ${download.data} records.`}</p>
      </div>
    </Panel>
  );
}
