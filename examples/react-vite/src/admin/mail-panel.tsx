import { useMutation } from "@tanstack/react-query";
import { Panel } from "../account/panel.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC } from "../trpc.ts";
import { useReadAgain } from "./admin-actions.ts";
import { ChangeStatus } from "./change-status.tsx";
import type { ManagedUserProps } from "./managed-user.ts";
import { useMay } from "./permissions.ts";
import { ReasonButton } from "./reason-button.tsx";

/** Mails links to the user. The operator never sees them. */
export function MailPanel({ managed: { user } }: ManagedUserProps) {
  const trpc = useTRPC();
  const onSuccess = useReadAgain();
  const may = useMay();
  const reset = useMutation(trpc.admin.users.sendPasswordReset.mutationOptions({ onSuccess }));
  const verify = useMutation(trpc.admin.users.resendVerification.mutationOptions({ onSuccess }));
  const isPending = reset.isPending || verify.isPending;
  if (!may("user:mail")) return null;

  return (
    <Panel title="Mail" intro="Links go to the user's own address. You never see them.">
      <ErrorMessage error={reset.error ?? verify.error} />
      <div className="panel-actions">
        <ReasonButton
          action="Mail a link for a new password"
          question={`Mail ${user.email} a link for a new password?`}
          explanation="The password and the sessions stay until the user opens the link."
          isDisabled={isPending}
          onConfirm={(reason) => reset.mutate({ userId: user.id, reason })}
        />
        {!user.emailVerified && (
          <ReasonButton
            action="Mail the confirmation link again"
            question={`Mail ${user.email} the confirmation link again?`}
            explanation="It confirms the address when the user opens it."
            isDisabled={isPending}
            onConfirm={(reason) => verify.mutate({ userId: user.id, reason })}
          />
        )}
        <p role="status">
          <ChangeStatus mutation={verify.isSuccess ? verify : reset} done="Sent." />
        </p>
      </div>
    </Panel>
  );
}
