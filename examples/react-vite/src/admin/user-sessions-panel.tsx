import { useMutation } from "@tanstack/react-query";
import { Panel } from "../account/panel.tsx";
import { describeAgo, describeDay } from "../account/times.ts";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC } from "../trpc.ts";
import { useReadAgain } from "./admin-actions.ts";
import { ChangeStatus } from "./change-status.tsx";
import type { ManagedUserProps } from "./managed-user.ts";
import { useMay } from "./permissions.ts";
import { ReasonButton } from "./reason-button.tsx";

export function UserSessionsPanel({ managed: { user, sessions } }: ManagedUserProps) {
  const trpc = useTRPC();
  const onSuccess = useReadAgain();
  const may = useMay();
  const revoke = useMutation(trpc.admin.users.revokeSessions.mutationOptions({ onSuccess }));

  return (
    <Panel title="Devices" intro={sessions.length === 0 ? "Signed in nowhere." : undefined}>
      <ErrorMessage error={revoke.error} />
      <ul className="rows" aria-label="Devices">
        {sessions.map(({ id, name, device, createdAt, lastSeenAt }) => (
          <li className="row" key={id}>
            <div className="row-words">
              <p className="row-title">{name ?? device ?? "Unknown device"}</p>
              <p className="row-detail">
                Last seen {describeAgo(lastSeenAt)} · signed in {describeDay(createdAt)}
              </p>
            </div>
          </li>
        ))}
      </ul>
      {may("user:session") && (
        <div className="panel-actions">
          {sessions.length > 0 && (
            <ReasonButton
              action="Sign out everywhere"
              question={`Sign ${user.email} out on all devices?`}
              explanation="The user can sign in again at once."
              isDisabled={revoke.isPending}
              onConfirm={(reason) => revoke.mutate({ userId: user.id, reason })}
            />
          )}
          <p role="status">
            <ChangeStatus mutation={revoke} done="Signed out everywhere." />
          </p>
        </div>
      )}
    </Panel>
  );
}
