declare namespace Cloudflare {
  interface Env {
    WIDE_DO: DurableObjectNamespace<import("./worker.js").WideDO>;
    NARROW_DO: DurableObjectNamespace<import("./worker.js").NarrowDO>;
    HASTY_DO: DurableObjectNamespace<import("./worker.js").HastyDO>;
    /** JSON: which schedules to run. */
    CHAOS: string;
  }
}
