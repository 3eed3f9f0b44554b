import { useMutation, useQuery } from "@tanstack/react-query";
import { Panel } from "../account/panel.tsx";
import { textOf } from "../account/account-form.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC } from "../trpc.ts";
import { useReadAgain } from "./admin-actions.ts";
import { ChangeStatus } from "./change-status.tsx";
import type { ManagedUserProps } from "./managed-user.ts";
import { useMay } from "./permissions.ts";
import { ReasonButton } from "./reason-button.tsx";

/** Assigns roles to the user. Everybody has the role `member`. */
export function UserRolesPanel({ managed: { user, roles } }: ManagedUserProps) {
  const trpc = useTRPC();
  const onSuccess = useReadAgain();
  const may = useMay();
  const all = useQuery(
    trpc.admin.roles.list.queryOptions({ limit: 100 }, { enabled: may("role:assign") && may("role:read") }),
  );
  const assign = useMutation(trpc.admin.roles.assign.mutationOptions({ onSuccess }));
  const unassign = useMutation(trpc.admin.roles.unassign.mutationOptions({ onSuccess }));
  const isPending = assign.isPending || unassign.isPending;
  const assigned = roles.filter((role) => role !== "member");
  const others = all.data?.items.filter(({ name }) => !roles.includes(name) && name !== "member") ?? [];

  return (
    <Panel title="Roles" intro={assigned.length === 0 ? "No roles beyond those of every member." : undefined}>
      <ErrorMessage error={assign.error ?? unassign.error} />
      <ul className="rows" aria-label="Roles">
        {assigned.map((role) => (
          <li className="row" key={role}>
            <p className="row-words row-title">{role}</p>
            {may("role:assign") && (
              <ReasonButton
                action="Remove"
                aria-label={`Remove the role ${role}`}
                question={`Remove the role ${role} from ${user.email}?`}
                explanation="Open pages and sessions lose its permissions at once."
                isDisabled={isPending}
                onConfirm={(reason) => unassign.mutate({ userId: user.id, role, reason })}
              />
            )}
          </li>
        ))}
      </ul>
      {others.length > 0 && (
        <div className="panel-actions">
          <ReasonButton
            action="Assign a role"
            question={`Assign ${user.email} a role`}
            explanation="Open pages and sessions get its permissions at once. You can only assign what you have yourself."
            fields={
              <label className="field">
                <span>Role</span>
                <select className="input select" name="role">
                  {others.map(({ name }) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
              </label>
            }
            isDisabled={isPending}
            onConfirm={(reason, fields) => assign.mutate({ userId: user.id, role: textOf(fields, "role"), reason })}
          />
        </div>
      )}
      <p className="row-detail" role="status">
        <ChangeStatus mutation={unassign.submittedAt > assign.submittedAt ? unassign : assign} done="Changed." />
      </p>
    </Panel>
  );
}
