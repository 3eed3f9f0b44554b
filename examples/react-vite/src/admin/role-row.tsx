import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import { ConfirmButton } from "../confirm-button.tsx";
import { ErrorMessage } from "../error-message.tsx";
import { useTRPC } from "../trpc.ts";
import { useReadAgain } from "./admin-actions.ts";
import { useMay } from "./permissions.ts";
import type { Role } from "./role.ts";
import { RoleForm } from "./role-form.tsx";

export function RoleRow({ role }: { readonly role: Role }) {
  const trpc = useTRPC();
  const readAgain = useReadAgain();
  const may = useMay();
  const [isEditing, setEditing] = useState(false);
  const edit = useRef<HTMLButtonElement>(null);
  const update = useMutation(
    trpc.admin.roles.update.mutationOptions({
      async onSuccess() {
        await readAgain();
        stopEditing();
      },
    }),
  );
  const remove = useMutation(trpc.admin.roles.delete.mutationOptions({ onSuccess: readAgain }));
  const canChange = !role.builtin && may("role:manage");
  const { name, description, permissions, members, builtin } = role;

  function stopEditing() {
    // Moves the focus back to the button, which is rendered again.
    flushSync(() => setEditing(false));
    edit.current?.focus();
  }

  if (isEditing) {
    return (
      <li className="row">
        <div className="row-words panel-part">
          <RoleForm
            role={role}
            action="Save"
            mutation={update}
            onSubmit={({ name: newName, ...values }) =>
              update.mutate({ name, ...(newName !== name && { newName }), ...values })
            }
          />
          <div className="panel-actions">
            <button className="button-quiet" type="button" onClick={stopEditing}>
              Cancel
            </button>
          </div>
        </div>
      </li>
    );
  }
  return (
    <li className="row" data-leaving={remove.isPending}>
      <div className="row-words">
        <p className="row-title">
          {name}
          {builtin && (
            <span className="badge" data-good>
              In code
            </span>
          )}
        </p>
        <p className="row-detail">
          {description && `${description} · `}
          {describeMembers(members)}
        </p>
        <p className="row-detail permissions">
          {permissions.map((permission) => (
            <code key={permission}>{permission}</code>
          ))}
        </p>
      </div>
      {canChange && (
        <>
          <button
            className="button-quiet"
            type="button"
            ref={edit}
            aria-label={`Edit ${name}`}
            onClick={() => setEditing(true)}
          >
            Edit
          </button>
          <ConfirmButton
            className="button-quiet"
            aria-label={`Delete ${name}`}
            isDisabled={remove.isPending}
            question={`Delete the role ${name}?`}
            explanation={`It had ${describeMembers(members)}, who lose its permissions at once.`}
            action="Delete"
            onConfirm={() => remove.mutate({ name })}
          >
            Delete
          </ConfirmButton>
        </>
      )}
      <ErrorMessage className="field-error" error={remove.error} />
    </li>
  );
}

/** The number of users with the role. The role of everybody has none. */
function describeMembers(members: number | null): string {
  if (members === null) return "every user";
  return members === 1 ? "1 member" : `${members} members`;
}
