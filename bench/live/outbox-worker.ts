import { DurableObject } from "cloudflare:workers";
import { createAlarms } from "../../src/do/lifecycle/alarms.js";
import { createOutbox } from "../../src/do/messaging/create-outbox.js";
import { outboxHeadsSchema } from "../../src/do/messaging/outbox-heads.js";
import { createOutboxStore, outboxSchema } from "../../src/do/messaging/outbox-store.js";

/** An object that only posts messages, which the app's procedures cannot do directly. */
export class OutboxDO extends DurableObject {
  readonly #outbox;

  constructor(state: DurableObjectState, env: object) {
    super(state, env);
    const { storage } = state;
    for (const schema of [outboxSchema, outboxHeadsSchema]) storage.sql.exec(schema);
    const onError = (): void => {};
    this.#outbox = createOutbox({
      store: createOutboxStore(storage.sql),
      source: "bench",
      isInitialized: () => true,
      alarms: createAlarms({ storage, onError }),
      transaction: (work) => storage.transactionSync(work),
      deliver: () => Promise.reject(new Error("Nothing is delivered here.")),
      sendMail: () => Promise.resolve(),
      onError,
    });
  }

  /** Posts messages to its own objects, and deletes them. */
  override fetch(request: Request): Response {
    const posts = Number(new URL(request.url).searchParams.get("posts"));
    for (let n = 0; n < posts; n++) this.#outbox.post({ target: `to ${n}`, kind: "note", payload: n });
    this.ctx.storage.sql.exec("DELETE FROM _outbox");
    return new Response();
  }

  override alarm(): void {}
}

export default {
  fetch: (request: Request, env: { readonly OUTBOX_DO: DurableObjectNamespace }) =>
    env.OUTBOX_DO.getByName("one").fetch(request),
};
