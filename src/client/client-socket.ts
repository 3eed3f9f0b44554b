// React Native has neither `Event` nor `EventTarget`, which partysocket extends when it is loaded.
import "partysocket/event-target-polyfill";
import ReconnectingWebSocket, { CloseEvent, ErrorEvent, type Message } from "partysocket/ws";
import type { PlatformSocket } from "./open-connection.js";

// React Native has no `MessageEvent` either, and the polyfill leaves it out (cloudflare/partykit, issue 401).
globalThis.MessageEvent ??= class extends Event {
  readonly data: unknown;
  constructor(type: string, init?: MessageEventInit) {
    super(type, init);
    this.data = init?.data;
  }
  // partysocket uses no other member of the DOM's class.
} as unknown as typeof MessageEvent;

export interface ClientSocketOptions {
  /** How long the connection may take to open, including its credentials, in milliseconds. */
  readonly timeout: number;
  /** Reads the connection's credentials. Returns the function that opens the platform's socket. */
  readonly prepare: () => Promise<() => PlatformSocket>;
  /** Called with the first message from the server, which shows that the connection works. */
  readonly onResponse: () => void;
}

/**
 * The socket that tRPC's client uses: partysocket over the WebSocket class of any platform. tRPC's client reconnects, with a
 * new socket for each connection, because only it can resume the subscriptions from their last event.
 */
export class ClientSocket extends ReconnectingWebSocket {
  readonly #startedAt = Date.now();
  readonly #reported = new WeakSet<Event>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wasOpen = false;
  #isChecking = false;
  #hasFailed = false;
  #isClosed = false;

  constructor({ timeout, prepare, onResponse }: ClientSocketOptions) {
    let open: () => PlatformSocket;
    async function url(): Promise<string> {
      open = await prepare();
      // The platform's socket has its URL already.
      return "";
    }
    // partysocket keeps only the message of the error, so the socket fails with the error first.
    const fail = (cause: unknown): void => this.fail(cause);
    super(() => url().catch((cause: unknown) => (fail(cause), "")), null, {
      WebSocket: function () {
        try {
          return open();
        } catch (cause) {
          fail(cause);
          throw cause;
        }
      },
      maxRetries: 0,
      // tRPC's client resends messages that were not sent. A queue would send a mutation twice.
      maxEnqueuedMessages: 0,
      connectionTimeout: timeout,
    });
    // partysocket's own timeout does not include the credentials.
    this.#failAfter(timeout, `The socket did not open within ${timeout} ms.`);
    this.addEventListener("message", onResponse, { once: true });
  }

  /** Escapes U+FFFD, which is equivalent in JSON: the object rejects the character because it may replace invalid UTF-8. */
  override send(data: Message): boolean {
    return super.send(typeof data === "string" ? data.replaceAll("\uFFFD", "\\ufffd") : data);
  }

  /** partysocket does not report the close if there is no connection yet, or if the platform fails to close it. */
  override close(code = 1000, reason = ""): void {
    super.close(code, reason);
    this.dispatchEvent(new CloseEvent(code, reason, this));
  }

  /** Ends a connection that does not work. tRPC's client then opens another. */
  fail(cause: unknown): void {
    if (this.#isClosed) return;
    const error = cause instanceof Error ? cause : new Error(String(cause), { cause });
    this.dispatchEvent(new ErrorEvent(error, this));
  }

  /**
   * Checks that the server still responds. Without a response within `timeout` milliseconds, the connection fails. A
   * connection that has been opening for that long fails at once.
   *
   * @param onResponse called when the server has responded
   * @returns whether a check was sent
   */
  check(timeout: number, onResponse: () => void): boolean {
    if (this.readyState === this.CONNECTING && Date.now() - this.#startedAt >= timeout)
      this.fail(new Error("The socket took too long to open."));
    if (this.readyState !== this.OPEN || this.#isChecking) return false;
    this.#isChecking = true;
    this.#failAfter(timeout, "The server does not respond on the socket.");
    const handleResponse = (): void => {
      clearTimeout(this.#timer);
      this.#isChecking = false;
      onResponse();
    };
    this.addEventListener("message", handleResponse, { once: true });
    this.send("PING");
    return true;
  }

  /** Receives each event of partysocket. A connection ends only once: with `close`, then with `error` if it has failed. */
  override dispatchEvent(event: Event): boolean {
    // happy-dom calls this method again for each phase of an event.
    if (this.#reported.has(event)) return super.dispatchEvent(event);
    this.#reported.add(event);
    if (event.type === "error") {
      if (this.#hasFailed) return true;
      this.#hasFailed = true;
      this.close();
    } else if (this.#isClosed) return true;
    if (event.type === "open") this.#onOpen();
    if (event.type === "close") this.#onClose();
    return super.dispatchEvent(event);
  }

  #onOpen(): void {
    this.#wasOpen = true;
    clearTimeout(this.#timer);
  }

  #onClose(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    // Some platforms set `readyState` later.
    super.close();
    // tRPC's client would wait forever for a connection that closes without an error before it is open.
    if (!this.#wasOpen)
      queueMicrotask(() =>
        this.dispatchEvent(new ErrorEvent(new Error("The socket was closed before it was open."), this)),
      );
  }

  #failAfter(delay: number, problem: string): void {
    this.#timer = setTimeout(() => this.fail(new Error(problem)), delay);
  }
}
