const LOOPBACK = /^(localhost|.+\.localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/;

/** Whether a URL's host is this machine itself: `localhost`, `*.localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK.test(url.hostname);
}
