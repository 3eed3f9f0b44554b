import { useMutation } from "@tanstack/react-query";
import { Panel } from "../account/panel.tsx";
import { describeMoment } from "../account/times.ts";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC } from "../trpc.ts";
import { useReadAgain } from "./admin-actions.ts";
import { ChangeStatus } from "./change-status.tsx";
import type { ManagedUserProps } from "./managed-user.ts";
import { useMay } from "./permissions.ts";
import { ReasonButton } from "./reason-button.tsx";

/** The messages and mails that the user's object could not deliver. */
export function DeadLettersPanel({ managed: { user, deadLetters } }: ManagedUserProps) {
  const trpc = useTRPC();
  const onSuccess = useReadAgain();
  const may = useMay();
  const retry = useMutation(trpc.admin.users.retryDeadLetter.mutationOptions({ onSuccess }));

  return (
    <Panel
      title="Dead letters"
      intro={
        deadLetters.length === 0
          ? "Every message and mail of this user was delivered."
          : "These could not be delivered."
      }
    >
      <ErrorMessage error={retry.error} />
      <ul className="rows" aria-label="Dead letters">
        {deadLetters.map(({ id, kind, failedAt, attempts, error }) => (
          <li className="row" key={id}>
            <div className="row-words">
              <p className="row-title">
                <code>{kind}</code>
              </p>
              <p className="row-detail">
                Failed {describeMoment(failedAt)} after {attempts === 1 ? "1 attempt" : `${attempts} attempts`}: {error}
              </p>
            </div>
            {may("user:repair") && (
              <ReasonButton
                action="Send again"
                question="Send this message again?"
                explanation="It is delivered at once if the cause is repaired."
                isDisabled={retry.isPending}
                onConfirm={(reason) => retry.mutate({ userId: user.id, id, reason })}
              />
            )}
          </li>
        ))}
      </ul>
      <p className="row-detail" role="status">
        <ChangeStatus mutation={retry} done="Sent again." />
      </p>
    </Panel>
  );
}
