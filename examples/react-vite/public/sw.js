// Serves the page without a network, from the cache. Calls to /trpc are never cached, because their replies belong to the user who
// is signed in.
const CACHE = "page";

/** Whether a request is for a file of the page. */
function isFile(request) {
  const { origin, pathname } = new URL(request.url);
  return request.method === "GET" && origin === location.origin && !/^\/(trpc|dev)(\/|$)/.test(pathname);
}

/** All pages of the app have the same HTML. */
const keyOf = (request) => (request.mode === "navigate" ? "/" : request);

async function respond(request) {
  const cache = await caches.open(CACHE);
  const cached = await cache.match(keyOf(request), { ignoreVary: true });
  // Files of a build have a hash in their name, so they never change.
  if (cached && new URL(request.url).pathname.startsWith("/assets/")) return cached;
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(keyOf(request), response.clone());
    return response;
  } catch (error) {
    if (cached) return cached;
    throw error;
  }
}

/** Adds the files that a page loaded before this worker ran. */
async function addAll(urls) {
  const cache = await caches.open(CACHE);
  await Promise.all(
    urls.map(async (url) => {
      const request = new Request(url);
      if (isFile(request) && !(await cache.match(request))) await cache.add(request).catch(() => {});
    }),
  );
}

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (isFile(event.request)) event.respondWith(respond(event.request));
});
addEventListener("message", (event) => {
  if (event.data.type === "cache") event.waitUntil(addAll(event.data.urls));
});
