import { useEffect, useRef, type RefObject } from "react";

/** Moves the focus to the first invalid field of a form after an error. */
export function useFocusInvalid(error: object | null): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLInputElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  return form;
}
