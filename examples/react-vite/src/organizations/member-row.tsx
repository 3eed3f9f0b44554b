import { useMutation } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../../worker/router.ts";
import { ConfirmButton } from "../confirm-button.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC } from "../trpc.ts";

type Member = inferRouterOutputs<AppRouter>["organizations"]["members"]["list"][number];
export type Role = Member["role"];

interface MemberRowProps {
  readonly organizationId: string;
  readonly member: Member;
  readonly isSelf: boolean;
  /** The roles that the user may assign to this member; none if they may not manage the member. */
  readonly roles: readonly Role[];
}

export function MemberRow({ organizationId, member: { userId, email, role }, isSelf, roles }: MemberRowProps) {
  const trpc = useTRPC();
  const setRole = useMutation(trpc.organizations.members.setRole.mutationOptions());
  const remove = useMutation(trpc.organizations.members.remove.mutationOptions());
  const error = setRole.error ?? remove.error;

  return (
    <li className="row" data-leaving={remove.isPending}>
      <p className="row-words row-title">
        {email}
        {isSelf && (
          <span className="badge" data-good>
            You
          </span>
        )}
      </p>
      {isSelf || roles.length === 0 ? (
        <span className="row-detail">{role}</span>
      ) : (
        <>
          <RoleSelect
            label={`Role of ${email}`}
            roles={roles}
            value={setRole.isPending ? setRole.variables.role : role}
            onChange={(chosen) => setRole.mutate({ organizationId, userId, role: chosen })}
          />
          <ConfirmButton
            className="button-quiet"
            aria-label={`Remove ${email}`}
            isDisabled={remove.isPending}
            question={`Remove ${email}?`}
            explanation="They lose access at once, until a member invites them again."
            action="Remove"
            onConfirm={() => remove.mutate({ organizationId, userId })}
          >
            Remove
          </ConfirmButton>
        </>
      )}
      <ErrorMessage className="field-error" error={error} />
    </li>
  );
}

interface RoleSelectProps {
  readonly label: string;
  readonly roles: readonly Role[];
  readonly value: Role;
  readonly onChange: (role: Role) => void;
}

export function RoleSelect({ label, roles, value, onChange }: RoleSelectProps) {
  return (
    <select
      className="input select"
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => {
        const chosen = roles.find((role) => role === currentTarget.value);
        if (chosen !== undefined) onChange(chosen);
      }}
    >
      {roles.map((role) => (
        <option key={role}>{role}</option>
      ))}
    </select>
  );
}
