import { useLayoutEffect, useRef, type ButtonHTMLAttributes, type MouseEvent, type Ref } from "react";

export interface ActionButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled"> {
  /** Whether a press does nothing, for example while the previous action is running. @default false */
  readonly isDisabled?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

/**
 * A button that does not lose the focus. The browser takes it from a button with the attribute `disabled`, so this one uses
 * `aria-disabled`. If the button disappears, for example with a deleted row, the focus moves to the section around it.
 */
export function ActionButton({ isDisabled = false, onClick, ref, ...button }: ActionButtonProps) {
  const own = useRef<HTMLButtonElement>(null);

  useLayoutEffect(() => {
    const element = own.current;
    return () => {
      if (element && element === document.activeElement) element.closest("section")?.focus();
    };
  }, []);

  function press(event: MouseEvent<HTMLButtonElement>): void {
    if (isDisabled) event.preventDefault();
    else onClick?.(event);
  }

  return (
    <button
      type="button"
      {...button}
      ref={(element) => {
        own.current = element;
        if (typeof ref === "function") ref(element);
        else if (ref) ref.current = element;
      }}
      aria-disabled={isDisabled}
      onClick={press}
    />
  );
}
