import { useId, type SubmitEvent } from "react";
import { textOf } from "../account/account-form.tsx";
import { ActionButton } from "../action-button.tsx";

export interface AuditFilterValues {
  readonly action?: string;
  readonly actorId?: string;
  readonly targetId?: string;
  readonly after?: Date;
  readonly before?: Date;
}

/** Filters the audit log. */
export function AuditFilter({ onChange }: { readonly onChange: (values: AuditFilterValues) => void }) {
  const id = useId();

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const value = (name: string) => textOf(fields, name).trim();
    const [action, actorId, targetId] = [value("action"), value("actorId"), value("targetId")];
    const [after, before] = [dayOf(value("after")), dayOf(value("before"))];
    onChange({
      ...(action && { action }),
      ...(actorId && { actorId }),
      ...(targetId && { targetId }),
      ...(after && { after }),
      ...(before && { before }),
    });
  }

  return (
    <form className="filter" role="search" aria-label="Audit log" onSubmit={submit}>
      {[
        ["action", "Action"],
        ["actorId", "Operator's id"],
        ["targetId", "Target's id"],
      ].map(([name, label]) => (
        <div className="field" key={name}>
          <label htmlFor={`${id}-${name}`}>{label}</label>
          <input id={`${id}-${name}`} name={name} maxLength={100} autoComplete="off" />
        </div>
      ))}
      {[
        ["after", "From"],
        ["before", "Before"],
      ].map(([name, label]) => (
        <div className="field" key={name}>
          <label htmlFor={`${id}-${name}`}>{label}</label>
          <input id={`${id}-${name}`} name={name} type="date" />
        </div>
      ))}
      <ActionButton className="button-primary" type="submit">
        Filter
      </ActionButton>
    </form>
  );
}

/** The start of a day in the reader's time zone; `undefined` for an empty field. */
function dayOf(value: string): Date | undefined {
  return value === "" ? undefined : new Date(`${value}T00:00`);
}
