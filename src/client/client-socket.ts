import { abandon, type PlatformSocket } from "./open-connection.js";

/** An event as tRPC's client reads it. Plain objects, because React Native has no `Event`. */
export interface ClientSocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  /** Why the connection failed. */
  readonly error?: unknown;
}

type Listener = (this: ClientSocket, event: ClientSocketEvent) => void;

export interface ClientSocketOptions {
  /** How long the connection may take to open, in milliseconds. */
  readonly timeout: number;
  /** Opens the platform's socket and passes it to `onSocket`. */
  readonly open: (onSocket: (socket: PlatformSocket) => void) => Promise<void>;
  /** Called with the first message of the server: the connection works. */
  readonly onAnswer: () => void;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

/** An abnormal closure (RFC 6455, 7.4.1). */
const ABNORMAL = 1006;

/**
 * The socket that tRPC's client uses, around one of any platform. It adds three things: a connection that does not open
 * in time fails, `check` detects a connection that is dead, and `close` reports the end at once. It needs neither
 * `EventTarget` nor `Event`. It does not reconnect: tRPC's client does that.
 */
export class ClientSocket {
  readonly #options: ClientSocketOptions;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #startedAt = Date.now();
  readonly #timer: ReturnType<typeof setTimeout>;
  #inner: PlatformSocket | undefined;
  #state = CONNECTING;
  #isAnswered = false;
  #check: { readonly timer: ReturnType<typeof setTimeout>; readonly answered: () => void } | undefined;
  binaryType = "blob";

  constructor(options: ClientSocketOptions) {
    this.#options = options;
    const { timeout } = options;
    this.#timer = setTimeout(() => this.fail(new Error(`The socket did not open within ${timeout} ms.`)), timeout);
    options.open((inner) => this.#attach(inner)).catch((cause: unknown) => this.fail(cause));
  }

  get readyState(): number {
    return this.#state === OPEN ? (this.#inner?.readyState ?? OPEN) : this.#state;
  }

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  send(data: unknown): void {
    // The object refuses U+FFFD itself, since it also stands for bytes that are not UTF-8. A frame is JSON: there the
    // escape means the same.
    const frame = typeof data === "string" ? data.replaceAll("\uFFFD", "\\ufffd") : data;
    if (this.#state === OPEN) this.#inner?.send(frame as string);
  }

  close(code?: number, reason?: string): void {
    if (this.#state === CLOSED) return;
    const inner = this.#inner;
    this.#end({ type: "close", code: code ?? 1000, reason: reason ?? "" });
    if (inner) abandon(inner);
  }

  /** Ends the connection because it does not work. tRPC's client then opens another. */
  fail(error: unknown): void {
    if (this.#state === CLOSED) return;
    const inner = this.#inner;
    this.#end({ type: "close", code: ABNORMAL, reason: "" });
    this.#emit({ type: "error", error });
    if (inner) abandon(inner);
  }

  /**
   * Checks that the server still answers. Without an answer within `timeout` milliseconds, the connection fails. One that
   * has been opening for as long fails at once.
   *
   * @param onAnswer called when the server has answered
   * @returns whether the server was asked
   */
  check(timeout: number, onAnswer: () => void): boolean {
    if (this.#state === CONNECTING && Date.now() - this.#startedAt >= timeout)
      this.fail(new Error("It took too long."));
    if (this.#state !== OPEN || this.#check) return false;
    const timer = setTimeout(() => this.fail(new Error("The server does not answer over the socket.")), timeout);
    this.#check = { timer, answered: onAnswer };
    this.send("PING");
    return true;
  }

  #attach(inner: PlatformSocket): void {
    if (this.#state === CLOSED) return abandon(inner);
    this.#inner = inner;
    inner.binaryType = this.binaryType;
    inner.addEventListener("open", () => {
      if (this.#state !== CONNECTING) return;
      clearTimeout(this.#timer);
      this.#state = OPEN;
      this.#emit({ type: "open" });
    });
    inner.addEventListener("message", (event) => {
      if (this.#state === OPEN) this.#receive((event as { readonly data?: unknown }).data);
    });
    inner.addEventListener("error", (event) => this.fail(event));
    inner.addEventListener("close", (event) => {
      if (this.#state === CONNECTING) return this.fail(event);
      const { code = ABNORMAL, reason = "" } = event as { readonly code?: number; readonly reason?: string };
      return this.#end({ type: "close", code, reason });
    });
    return undefined;
  }

  #receive(data: unknown): void {
    const check = this.#check;
    this.#check = undefined;
    clearTimeout(check?.timer);
    if (!this.#isAnswered) this.#options.onAnswer();
    this.#isAnswered = true;
    check?.answered();
    this.#emit({ type: "message", data });
  }

  #end(event: ClientSocketEvent): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    clearTimeout(this.#timer);
    clearTimeout(this.#check?.timer);
    this.#emit(event);
  }

  #emit(event: ClientSocketEvent): void {
    for (const listener of this.#listeners.get(event.type) ?? []) listener.call(this, event);
  }
}
