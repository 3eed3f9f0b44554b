import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ActionButton } from "../action-button.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC } from "../trpc.ts";
import { Panel } from "./panel.tsx";
import { SessionRow } from "./session-row.tsx";

export function SessionsPanel() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const sessions = useQuery(trpc.sessions.list.queryOptions());
  const readAgain = () => queryClient.invalidateQueries({ queryKey: trpc.sessions.list.queryKey() });
  const revokeOthers = useMutation(trpc.sessions.revokeOthers.mutationOptions({ onSuccess: readAgain }));
  const logoutEverywhere = useMutation(trpc.auth.logoutEverywhere.mutationOptions());
  const isPending = revokeOthers.isPending || logoutEverywhere.isPending;

  return (
    <Panel title="Devices" intro="Where you are signed in. A device that you sign out is out at once.">
      <ErrorMessage
        className="alert panel-part"
        error={sessions.error ?? revokeOthers.error ?? logoutEverywhere.error}
      />
      <ul className="rows" aria-label="Devices">
        {sessions.data?.map((session) => (
          <SessionRow key={session.id} session={session} onChanged={readAgain} />
        ))}
      </ul>
      <div className="panel-actions">
        <ActionButton
          className="button-quiet"
          isDisabled={isPending || (sessions.data?.length ?? 0) < 2}
          onClick={() => revokeOthers.mutate()}
        >
          Sign out all other devices
        </ActionButton>
        <ActionButton className="button-quiet" isDisabled={isPending} onClick={() => logoutEverywhere.mutate()}>
          Sign out everywhere
        </ActionButton>
        <p role="status">
          {revokeOthers.isSuccess &&
            `${revokeOthers.data === 1 ? "1 device was" : `${revokeOthers.data} devices were`} signed out.`}
        </p>
      </div>
    </Panel>
  );
}
