/** Stores this page for a start without a network: the service worker caches what the page has loaded. */
export async function cachePage(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/sw.js");
  const { active } = await navigator.serviceWorker.ready;
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  active?.postMessage({ type: "cache", urls: ["/", ...loaded] });
}
