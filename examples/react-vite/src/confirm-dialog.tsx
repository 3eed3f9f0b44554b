import { useId } from "react";
import { useModal } from "./use-modal.ts";

export interface ConfirmDialogProps {
  readonly question: string;
  /** The consequence, in a sentence. */
  readonly explanation?: string | undefined;
  /** The text of the button that confirms. */
  readonly action: string;
  readonly onAnswer: (isConfirmed: boolean) => void;
}

const CONFIRMED = "confirmed";

/** Asks whether to do something that cannot be undone. */
export function ConfirmDialog({ question, explanation, action, onAnswer }: ConfirmDialogProps) {
  const dialog = useModal();
  const id = useId();

  return (
    <dialog
      className="dialog"
      ref={dialog}
      aria-labelledby={id}
      aria-describedby={explanation && `${id}-explanation`}
      onClose={({ currentTarget }) => {
        // In StrictMode, React closes and opens it once when it mounts.
        if (!currentTarget.open) onAnswer(currentTarget.returnValue === CONFIRMED);
      }}
    >
      <form method="dialog">
        <h2 id={id}>{question}</h2>
        {explanation && <p id={`${id}-explanation`}>{explanation}</p>}
        <div className="dialog-actions">
          <button className="button-quiet" type="submit">
            Cancel
          </button>
          <button className="button-danger" type="submit" value={CONFIRMED}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
