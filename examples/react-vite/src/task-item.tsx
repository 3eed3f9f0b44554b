import { ConfirmButton } from "./confirm-button.tsx";

interface TaskItemProps {
  readonly title: string;
  readonly done: boolean;
  /** Whether its controls are disabled. */
  readonly isLocked: boolean;
  /** Whether it is being deleted. */
  readonly isLeaving?: boolean;
  /** The error of the last action, in a sentence. */
  readonly error: string | undefined;
  readonly onTick: (done: boolean) => void;
  /** Undefined if the user may not delete it. */
  readonly onDelete?: (() => void) | undefined;
}

/** A task, of a user or of a project. */
export function TaskItem(props: TaskItemProps) {
  const { title, done, isLocked, isLeaving = false, error, onTick, onDelete } = props;
  return (
    <li className="task" data-done={done} data-leaving={isLeaving}>
      <label>
        <input
          type="checkbox"
          checked={done}
          disabled={isLocked}
          onChange={({ currentTarget }) => onTick(currentTarget.checked)}
        />
        <span className="task-title">{title}</span>
      </label>
      {onDelete && (
        <ConfirmButton
          className="task-delete"
          aria-label={`Delete ${title}`}
          isDisabled={isLocked || isLeaving}
          question={`Delete “${title}”?`}
          action="Delete"
          onConfirm={onDelete}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="m4 4 8 8m0-8-8 8" />
          </svg>
        </ConfirmButton>
      )}
      {error && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
    </li>
  );
}
