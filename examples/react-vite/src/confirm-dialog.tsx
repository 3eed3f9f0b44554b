import { useId, useLayoutEffect, useRef } from "react";

export interface ConfirmDialogProps {
  readonly question: string;
  /** The consequence, in a sentence. */
  readonly explanation?: string | undefined;
  /** The text of the button that confirms. */
  readonly action: string;
  readonly onAnswer: (isConfirmed: boolean) => void;
}

const CONFIRMED = "confirmed";

/**
 * A modal dialog. The browser keeps the focus inside, closes it with Escape, and restores the focus to the element that had it
 * before.
 */
export function ConfirmDialog({ question, explanation, action, onAnswer }: ConfirmDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();

  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Closing restores the focus, also if another device deletes the item that the dialog is about.
    return () => element?.close();
  }, []);

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
