// Renders docs/cost.md: what users cost, from the measured billed units and Cloudflare's public prices.
import { toMarkdown } from "../runner/report.mjs";
import { wrap } from "./wrap.mjs";

/** Prices of Workers Paid in USD, and what is included in each month. */
const prices = {
  date: "July 7, 2026",
  source: "https://developers.cloudflare.com/workers/platform/pricing/",
  base: 5,
  workerRequests: { included: 10e6, per: 1e6, usd: 0.3 },
  workerCpuMs: { included: 30e6, per: 1e6, usd: 0.02 },
  requests: { included: 1e6, per: 1e6, usd: 0.15 },
  duration: { included: 400_000, per: 1e6, usd: 12.5 },
  rowsRead: { included: 25e9, per: 1e6, usd: 0.001 },
  rowsWritten: { included: 50e6, per: 1e6, usd: 1 },
  storedGb: { included: 5, per: 1, usd: 0.2 },
};

/** What is assumed, because it cannot be measured on a developer's machine. */
const assumed = {
  days: 30,
  /** Wall-clock time for which an object is active in one request or 20 messages, in milliseconds. */
  activeMs: 10,
  /** CPU time of the Worker for one request, in milliseconds. */
  workerMs: 1,
  /** The memory that Cloudflare bills for an object, in GB. */
  memoryGb: 0.128,
};

/** Operations of one user on one day, by their names in the table of billed units. `http` ones also pass the Worker. */
const profiles = [
  {
    name: "reader",
    about: "opens the app 5 times, reads 40 lists and 20 single rows over HTTP",
    storedMb: 0.5,
    day: {
      "exchange of a refresh token": 5,
      "the same, and it wakes the object": 5,
      "list of the newest 10 rows, by an index": 40,
      "`findById`": 20,
    },
  },
  {
    name: "writer",
    about: "also creates 60 rows, changes 30 and deletes 10, each with an idempotency key",
    storedMb: 5,
    day: {
      "exchange of a refresh token": 5,
      "the same, and it wakes the object": 10,
      "list of the newest 10 rows, by an index": 60,
      "`findById`": 40,
      "`create` with an idempotency key": 60,
      "`update`": 30,
      "`delete`": 10,
    },
  },
  {
    name: "live page",
    about: "has a page with 5 live queries open for 8 hours, and creates 100 rows that change one of them",
    storedMb: 5,
    day: {
      "exchange of a refresh token": 32,
      "live query: socket, subscription, first result": 25,
      "the same, and it wakes the object": 40,
      "`create` that changes a live query of one socket": 100,
    },
  },
];

const sizes = [1_000, 100_000, 10_000_000];

const TABLE = "Requests to objects, and rows, per operation";

/** The measured units of each operation. @param {import("./results.mjs").Results} results */
function unitsIn(results) {
  const table = results.units.tables.find(({ title }) => title === TABLE);
  return new Map(
    table.rows.map(([name, requests, , rowsRead, , rowsWritten]) => [
      name,
      { requests: Number(requests), rowsRead: Number(rowsRead), rowsWritten: Number(rowsWritten) },
    ]),
  );
}

/** Adds up the units of one user on one day. */
function dayOf({ day }, units) {
  const sum = { workerRequests: 0, requests: 0, rowsRead: 0, rowsWritten: 0 };
  for (const [name, count] of Object.entries(day)) {
    const unit = units.get(name);
    if (!unit) throw new Error(`bench/results.json has no units of "${name}".`);
    // Each operation is one HTTP request, also the opening of a socket.
    sum.workerRequests += count;
    for (const key of ["requests", "rowsRead", "rowsWritten"]) sum[key] += count * unit[key];
  }
  const duration = (sum.requests * assumed.activeMs * assumed.memoryGb) / 1000;
  return { ...sum, duration };
}

/** The monthly bill of a number of users, by item, in USD. */
function billOf(profile, users, units) {
  const day = dayOf(profile, units);
  const month = (amount) => amount * assumed.days * users;
  const used = {
    workerRequests: month(day.workerRequests),
    workerCpuMs: month(day.workerRequests) * assumed.workerMs,
    requests: month(day.requests),
    duration: month(day.duration),
    rowsRead: month(day.rowsRead),
    rowsWritten: month(day.rowsWritten),
    storedGb: (users * profile.storedMb) / 1000,
  };
  const items = Object.fromEntries(
    Object.entries(used).map(([name, amount]) => {
      const { included, per, usd } = prices[name];
      return [name, (Math.max(0, amount - included) / per) * usd];
    }),
  );
  const total = prices.base + Object.values(items).reduce((sum, item) => sum + item, 0);
  return { ...items, total };
}

const count = (amount) => String(Math.round(amount * 10) / 10);
const dollars = (amount) => `$${amount < 100 ? amount.toFixed(2) : Math.round(amount).toLocaleString("en-US")}`;
const number = (amount) => amount.toLocaleString("en-US");

const BEGIN = "<!-- bench/page/cost.mjs generates the tables from here. -->";
const END = "<!-- The generated tables end here. -->";

/**
 * Replaces the tables of the page.
 *
 * @param {string} page
 * @param {import("./results.mjs").Results} results
 */
export function renderCost(page, results) {
  const [before, rest = ""] = page.split(BEGIN);
  const [, after] = rest.split(END);
  if (after === undefined) throw new Error(`docs/cost.md does not have the lines "${BEGIN}" and "${END}".`);
  return [before.trim(), BEGIN, ...tablesOf(results), END, after.trim()].join("\n\n") + "\n";
}

function tablesOf(results) {
  const units = unitsIn(results);
  const days = profiles.map((profile) => {
    const day = dayOf(profile, units);
    const cells = [day.workerRequests, day.requests, day.duration, day.rowsRead, day.rowsWritten].map(count);
    return [profile.name, ...cells, String(profile.storedMb)];
  });
  const dayHead = ["", "Worker requests", "object requests", "GB-s", "rows read", "rows written", "MB stored"];
  const billHead = [
    "",
    "Worker",
    "object requests",
    "duration",
    "rows read",
    "rows written",
    "storage",
    "total",
    "a user",
  ];
  return [
    "## One user for a day",
    profiles.map(({ name, about }) => wrap(`- **${name}**: ${about}`, "  ")).join("\n"),
    toMarkdown({ head: dayHead, rows: days }),
    "## Users in a month",
    wrap(
      `Each user is active on ${assumed.days} days. The total contains the ${dollars(prices.base)} of Workers Paid, and what ` +
        "it includes is not billed.",
    ),
    ...profiles.flatMap((profile) => {
      const rows = sizes.map((users) => {
        const bill = billOf(profile, users, units);
        const { requests, duration, rowsRead, rowsWritten, storedGb, total } = bill;
        const worker = bill.workerRequests + bill.workerCpuMs;
        const cells = [worker, requests, duration, rowsRead, rowsWritten, storedGb, total].map(dollars);
        return [`${number(users)} users`, ...cells, `$${(total / users).toFixed(4)}`];
      });
      return [`### ${profile.name[0].toUpperCase()}${profile.name.slice(1)}`, toMarkdown({ head: billHead, rows })];
    }),
    "## Assumptions",
    [
      wrap(`- Prices of Workers Paid on ${prices.date}: [Cloudflare's page](${prices.source})`, "  "),
      wrap(
        `- An object is active for ${assumed.activeMs} ms in each request, and for 20 messages of a socket, and has ` +
          `${assumed.memoryGb} GB. While it sleeps under open sockets, it has no duration.`,
        "  ",
      ),
      wrap(`- The Worker needs ${assumed.workerMs} ms of CPU time for a request.`, "  "),
      wrap(
        "- The stored MB contain 0.25 MB of a new user's object and 0.07 MB of the object of the address, which were " +
          "measured. The rest are rows and the change log, which your app decides.",
        "  ",
      ),
      wrap(
        `- Requests and rows of each operation were measured on ${results.units.measured.date}: [billed ` +
          "units](performance.md#billed-units)",
        "  ",
      ),
    ].join("\n"),
  ];
}
