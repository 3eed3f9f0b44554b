import { useMutation } from "@tanstack/react-query";
import { textOf } from "../account/account-form.tsx";
import { Panel } from "../account/panel.tsx";
import { describeMoment } from "../account/times.ts";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC } from "../trpc.ts";
import { useReadAgain } from "./admin-actions.ts";
import { ChangeStatus } from "./change-status.tsx";
import type { ManagedUserProps } from "./managed-user.ts";
import { useMay } from "./permissions.ts";
import { ReasonButton } from "./reason-button.tsx";

const DAY_MS = 86_400_000;

/** Suspends the user, and ends the suspension. */
export function AccessPanel({ managed: { user, suspension } }: ManagedUserProps) {
  const trpc = useTRPC();
  const onSuccess = useReadAgain();
  const may = useMay();
  const suspend = useMutation(trpc.admin.users.suspend.mutationOptions({ onSuccess }));
  const unsuspend = useMutation(trpc.admin.users.unsuspend.mutationOptions({ onSuccess }));
  const isPending = suspend.isPending || unsuspend.isPending;
  const end = suspension?.until ? `until ${describeMoment(suspension.until)}` : "until it is ended here";

  return (
    <Panel
      title="Access"
      intro={suspension ? `Suspended since ${describeMoment(suspension.at)}, ${end}.` : "This user can sign in."}
    >
      <ErrorMessage error={suspend.error ?? unsuspend.error} />
      {suspension && <p className="panel-part">“{suspension.reason}”</p>}
      {may("user:suspend") && (
        <div className="panel-actions">
          {suspension ? (
            <ReasonButton
              action="End the suspension"
              question={`End the suspension of ${user.email}?`}
              explanation="The user can sign in again at once."
              isDisabled={isPending}
              onConfirm={(reason) => unsuspend.mutate({ userId: user.id, reason })}
            />
          ) : (
            <ReasonButton
              action="Suspend"
              danger
              question={`Suspend ${user.email}?`}
              explanation="This ends all sessions at once. The user keeps the data, and cannot sign in."
              fields={<SuspensionEnd />}
              isDisabled={isPending}
              onConfirm={(reason, fields) => {
                const days = Number(textOf(fields, "days"));
                suspend.mutate({
                  userId: user.id,
                  reason,
                  ...(days > 0 && { until: new Date(Date.now() + days * DAY_MS) }),
                });
              }}
            />
          )}
          <p role="status">
            {suspension && <ChangeStatus mutation={suspend} done="Suspended." />}
            {!suspension && <ChangeStatus mutation={unsuspend} done="The suspension has ended." />}
          </p>
        </div>
      )}
    </Panel>
  );
}

function SuspensionEnd() {
  return (
    <label className="field">
      <span>Ends</span>
      <select className="input select" name="days" defaultValue="0">
        <option value="0">when an operator ends it</option>
        <option value="1">in a day</option>
        <option value="7">in a week</option>
        <option value="30">in 30 days</option>
      </select>
    </label>
  );
}
