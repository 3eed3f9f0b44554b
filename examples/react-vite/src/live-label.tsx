import { useLiveStatus } from "./trpc.ts";

const texts = { idle: "Connecting…", connecting: "Connecting…", live: "Live", offline: "Offline" };

/** Whether what the page shows is current. */
export function LiveLabel() {
  const status = useLiveStatus();
  return (
    <p className="live" data-live={status === "live"} role="status">
      {texts[status]}
    </p>
  );
}
