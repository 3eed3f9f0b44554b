// The baseline: the same operations in hand-written SQL. A session's row is read for each call, and each write is logged.
import { DurableObject } from "cloudflare:workers";
import { countCalls, countRows, takeUnits } from "./count-units.js";

interface Env {
  readonly BARE_DO: DurableObjectNamespace<BareDO>;
}

type Value = string | number;

const schema = [
  "CREATE TABLE address (email TEXT PRIMARY KEY, user_id TEXT NOT NULL) STRICT, WITHOUT ROWID",
  "CREATE TABLE account (id TEXT PRIMARY KEY, email TEXT NOT NULL, hash TEXT NOT NULL) STRICT, WITHOUT ROWID",
  "CREATE TABLE sessions (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID",
  "CREATE TABLE members (user_id TEXT PRIMARY KEY, role TEXT NOT NULL) STRICT, WITHOUT ROWID",
  "CREATE TABLE kv (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
  `CREATE TABLE posts (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL, done INTEGER NOT NULL, created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  "CREATE INDEX posts_created_at ON posts (created_at)",
  "CREATE TABLE changes (seq INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL) STRICT",
];

const latest = "SELECT * FROM posts ORDER BY created_at DESC LIMIT 1";

export class BareDO extends DurableObject {
  readonly #state: DurableObjectState;
  readonly #exec: (text: string, ...values: Value[]) => unknown[];

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#state = state;
    countRows(state.storage);
    this.#exec = (text, ...values) => state.storage.sql.exec(text, ...values).toArray();
  }

  /** Does one operation for a signed-in user, and returns its result as JSON. */
  run(operation: string, session: string, values: readonly string[]): string {
    return this.#run(operation, session, values);
  }

  /** Does one operation without a session. */
  runWithoutSession(operation: string, values: readonly string[]): string {
    return JSON.stringify(this.#do(operation, values) ?? null);
  }

  #run(operation: string, session: string, values: readonly string[]): string {
    this.#exec("SELECT * FROM sessions WHERE id = ?", session);
    return JSON.stringify(this.#do(operation, values) ?? null);
  }

  #do(operation: string, values: readonly string[]): unknown {
    const [one = "", two = ""] = values;
    switch (operation) {
      case "install":
        for (const statement of schema) this.#exec(statement);
        return null;
      case "reserve":
        if (this.#exec("SELECT * FROM address WHERE email = ?", one).length > 0) throw new Error("taken");
        return this.#exec("INSERT INTO address VALUES (?, ?)", one, two);
      case "find":
        return this.#exec("SELECT * FROM address WHERE email = ?", one);
      case "register":
        this.#exec("INSERT INTO account VALUES (?, ?, 'hash')", one, two);
        return this.#exec("INSERT INTO sessions VALUES (?, 0)", two);
      case "begin":
        return this.#exec("INSERT INTO sessions VALUES (?, 0)", one);
      case "signIn":
        this.#exec("SELECT * FROM account WHERE id = ?", one);
        return this.#exec("INSERT INTO sessions VALUES (?, 0)", two);
      case "refresh":
        return this.#exec("UPDATE sessions SET at = at + 1 WHERE id = ?", one);
      case "join":
        return this.#exec("INSERT INTO members VALUES (?, 'owner')", one);
      case "member":
        return this.#exec("SELECT * FROM members WHERE user_id = ?", one);
      case "echo":
        return one;
      case "byId":
        return this.#exec("SELECT * FROM posts WHERE id = ?", one);
      case "byIds":
        return values.map((id) => this.#exec("SELECT * FROM posts WHERE id = ?", id));
      case "list":
        return this.#exec("SELECT * FROM posts ORDER BY created_at DESC LIMIT 10");
      case "create":
      case "createMany":
        return this.#state.storage.transactionSync(() => values.map((id) => this.#create(id)));
      case "rename":
        this.#exec("UPDATE posts SET title = ? WHERE id = ?", two, one);
        return this.#log("update", one);
      case "remove":
        this.#exec("DELETE FROM posts WHERE id = ?", one);
        return this.#log("delete", one);
      case "set":
        return this.#exec("INSERT OR REPLACE INTO kv VALUES (?, ?)", one, two);
      case "get":
        return this.#exec("SELECT value FROM kv WHERE key = ?", one);
      case "live":
        return this.#exec(latest);
      case "createLive": {
        const id = this.#create(one);
        const text = JSON.stringify(this.#exec(latest));
        for (const socket of this.#state.getWebSockets()) socket.send(text);
        return id;
      }
      default:
        throw new Error(`Unknown operation: ${operation}.`);
    }
  }

  #create(id: string): string {
    this.#exec("INSERT INTO posts VALUES (?, 'Title', 'Body', 0, ?)", id, Date.now());
    this.#log("create", id);
    return id;
  }

  #log(type: string, id: string): void {
    this.#exec("INSERT INTO changes (type, id) VALUES (?, ?)", type, id);
  }

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#state.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** `session operation values…` */
  override webSocketMessage(socket: WebSocket, message: string): void {
    const [session = "", operation = "", ...values] = message.split(" ");
    socket.send(this.#run(operation, session, values));
  }
}
countCalls(BareDO.prototype, ["runWithoutSession", "run", "fetch", "webSocketMessage"]);

interface Call {
  readonly object: string;
  readonly operation: string;
  readonly session?: string;
  readonly values: readonly string[];
}

export default {
  async fetch(request, env): Promise<Response> {
    if (request.headers.get("Upgrade") === "websocket") return env.BARE_DO.getByName("user").fetch(request);
    if (new URL(request.url).pathname === "/units") return Response.json(takeUnits());
    const { object, operation, session, values } = await request.json<Call>();
    const stub = env.BARE_DO.getByName(object);
    return new Response(
      session ? await stub.run(operation, session, values) : await stub.runWithoutSession(operation, values),
    );
  },
} satisfies ExportedHandler<Env>;
