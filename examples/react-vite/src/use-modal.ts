import { useLayoutEffect, useRef, type RefObject } from "react";

/**
 * Opens a `<dialog>` as a modal while its component is mounted. The browser keeps the focus inside, closes it with Escape, and
 * restores the focus to the element that had it before.
 */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Closing restores the focus, also if another device deletes the item that the dialog is about.
    return () => element?.close();
  }, []);
  return dialog;
}
