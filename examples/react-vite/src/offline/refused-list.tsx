import type { RefusedEdit } from "./stored-values.ts";

interface RefusedListProps {
  readonly edits: readonly RefusedEdit[];
  readonly onDismiss: (id: string) => void;
}

/** The changes that the server refused. */
export function RefusedList({ edits, onDismiss }: RefusedListProps) {
  if (edits.length === 0) return null;
  return (
    <section className="refused" aria-label="Changes that were not saved" role="alert">
      {edits.map(({ id, label, reason }) => (
        <div key={id} className="alert refused-edit">
          <p>
            <strong>{label}</strong> was not saved. {reason}
          </p>
          <button type="button" className="button-quiet" onClick={() => onDismiss(id)}>
            Dismiss
          </button>
        </div>
      ))}
    </section>
  );
}
