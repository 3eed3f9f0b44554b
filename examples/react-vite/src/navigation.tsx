import { useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from "react";

const listeners = new Set<() => void>();
let moved = false;

function notify(): void {
  moved = true;
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

window.addEventListener("popstate", notify);

/** The path of the current page. */
export function usePath(): string {
  return useSyncExternalStore(listen, () => window.location.pathname);
}

/** Shows another page without a page load. */
export function navigate(to: string): void {
  window.history.pushState(null, "", to);
  window.scrollTo(0, 0);
  notify();
}

/**
 * Whether the page was opened from within the app: then its heading gets the focus, so that a screen reader reads it.
 */
export function hasNavigated(): boolean {
  return moved;
}

interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> {
  readonly to: string;
}

/** A link to another page of the app. */
export function Link({ to, ...anchor }: LinkProps) {
  function follow(event: MouseEvent): void {
    // The browser handles a click that opens a new tab or window.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  }
  return <a {...anchor} href={to} onClick={follow} />;
}
