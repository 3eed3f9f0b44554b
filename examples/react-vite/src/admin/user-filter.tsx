import { useId, type SubmitEvent } from "react";
import { textOf } from "../account/account-form.tsx";
import { ActionButton } from "../action-button.tsx";

export interface UserFilterValues {
  readonly search?: string;
  readonly status?: "active" | "suspended";
  readonly role?: string;
}

/** Searches the directory. */
export function UserFilter({ onChange }: { readonly onChange: (values: UserFilterValues) => void }) {
  const id = useId();

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const [search, role, status] = ["search", "role", "status"].map((name) => textOf(fields, name).trim());
    onChange({
      ...(search && { search }),
      ...(role && { role }),
      ...((status === "active" || status === "suspended") && { status }),
    });
  }

  return (
    <form className="filter" role="search" aria-label="Users" onSubmit={submit}>
      <div className="field filter-wide">
        <label htmlFor={`${id}-search`}>Address or name</label>
        <input id={`${id}-search`} name="search" type="search" maxLength={100} autoComplete="off" />
      </div>
      <div className="field">
        <label htmlFor={`${id}-status`}>Status</label>
        <select id={`${id}-status`} name="status" className="input select">
          <option value="">Any</option>
          <option value="active">Active</option>
          <option value="suspended">Suspended</option>
        </select>
      </div>
      <div className="field">
        <label htmlFor={`${id}-role`}>Role</label>
        <input id={`${id}-role`} name="role" maxLength={50} autoComplete="off" />
      </div>
      <ActionButton className="button-primary" type="submit">
        Search
      </ActionButton>
    </form>
  );
}
