import { useEffect, useRef } from "react";
import { hasNavigated } from "../navigation.tsx";

interface PageHeadingProps {
  readonly children: string;
  /** Whether a field of the page takes the focus by itself. */
  readonly withoutFocus?: boolean;
}

/**
 * A page's heading and the document's title. It takes the focus after a navigation, so that a screen reader starts
 * here.
 */
export function PageHeading({ children, withoutFocus = false }: PageHeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${children} · Tasks`;
    if (hasNavigated() && !withoutFocus) heading.current?.focus();
    return () => {
      document.title = "Tasks";
    };
  }, [children, withoutFocus]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
