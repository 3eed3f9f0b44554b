import { useMutation } from "@tanstack/react-query";
import { Panel } from "../account/panel.tsx";
import { ConfirmButton } from "../confirm-button.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { navigate } from "../navigation.tsx";
import { useTRPC } from "../trpc.ts";
import type { Organization } from "./organization.ts";

const owners = "Deleting it deletes its projects for everybody, at once and for good.";
const others = "You lose access to its projects until a member invites you again.";

export function LeavePanel({
  organization: { id: organizationId, name, role },
}: {
  readonly organization: Organization;
}) {
  const trpc = useTRPC();
  const onSuccess = () => navigate("/organizations");
  const leave = useMutation(trpc.organizations.leave.mutationOptions({ onSuccess }));
  const remove = useMutation(trpc.organizations.delete.mutationOptions({ onSuccess }));
  const isOwner = role === "owner";
  const isPending = leave.isPending || remove.isPending;

  return (
    <Panel danger title={isOwner ? "Leave or delete" : "Leave"} intro={isOwner ? owners : others}>
      <ErrorMessage error={leave.error ?? remove.error} />
      <div className="panel-actions">
        <ConfirmButton
          className="button-quiet"
          isDisabled={isPending}
          question={`Leave ${name}?`}
          explanation={others}
          action="Leave"
          onConfirm={() => leave.mutate({ organizationId })}
        >
          Leave {name}
        </ConfirmButton>
        {isOwner && (
          <ConfirmButton
            className="button-danger"
            isDisabled={isPending}
            question={`Delete ${name} for everybody?`}
            explanation={owners}
            action="Delete for everybody"
            onConfirm={() => remove.mutate({ organizationId })}
          >
            Delete {name} for everybody
          </ConfirmButton>
        )}
      </div>
    </Panel>
  );
}
