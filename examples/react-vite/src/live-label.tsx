import { useLiveStatus } from "./trpc.ts";

const texts = {
  idle: "Connecting…",
  connecting: "Connecting…",
  live: "Live",
  polling: "Updated every few seconds",
  offline: "Offline",
  error: "Not up to date",
};

/** Shows whether the page is current. */
export function LiveLabel() {
  const status = useLiveStatus();
  return (
    <p className="live" data-live={status === "live"} role="status">
      {texts[status]}
    </p>
  );
}
