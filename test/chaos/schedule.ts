import { createRandom, type Random } from "./random.js";

export type TableName = "items" | "notes";
export type Source = "items" | "notes" | "watchItems" | "watchNotes";

export interface Write {
  readonly table: TableName;
  readonly op: "create" | "update" | "delete";
  readonly pick: number;
}

/** What happens next. Numbers pick one of what there is by then, so that a schedule makes sense with steps left out. */
export type Step =
  | { readonly do: "write"; readonly how: WriteWay; readonly turns: readonly Turn[]; readonly client: number }
  | { readonly do: "raw"; readonly kind: RawKind; readonly pick: number }
  | { readonly do: "connect"; readonly session: number; readonly keeps: boolean }
  | { readonly do: "subscribe"; readonly client: number; readonly source: Source; readonly writes: readonly Write[] }
  | { readonly do: "crowd"; readonly client: number }
  | { readonly do: "stop"; readonly client: number; readonly pick: number }
  | { readonly do: "drop" | "halfOpen" | "comeBack" | "stall" | "sip" | "read" | "overfill"; readonly client: number }
  | { readonly do: "forge"; readonly client: number; readonly pick: number }
  | { readonly do: "evict"; readonly sockets: "hibernate" | "close" }
  | { readonly do: "abort" | "lapse" | "signIn" | "sync" }
  | { readonly do: "prune"; readonly keep: number }
  | { readonly do: "revoke"; readonly session: number; readonly how: "logout" | "revoke" | "quietly" }
  | { readonly do: "together"; readonly steps: readonly Step[] };

export type Doing<TDo extends Step["do"]> = Extract<Step, { do: TDo }>;

/** What a step's number picks of what there is by then. */
export const pickOf = <TValue>(values: readonly TValue[], pick: number): TValue | undefined =>
  values[pick % values.length];

export type RawKind = "replace" | "deleteAll" | "updateAll" | "insert" | "bulk";

export type WriteWay = "http" | "batch" | "socket" | "slowly";

export interface Turn {
  readonly writes: readonly Write[];
  readonly fail: boolean;
}

export interface Schedule {
  readonly seed: number;
  readonly window: "wide" | "narrow" | "hasty";
  readonly steps: readonly Step[];
}

const SOURCES: readonly Source[] = ["items", "items", "notes", "watchItems", "watchNotes"];

export function makeSchedule(seed: number): Schedule {
  const random = createRandom(seed * 2_654_435_761 + 1);
  const window = random.of(["wide", "wide", "narrow", "hasty"] as const);
  const steps: Step[] = [
    { do: "connect", session: 0, keeps: random.chance(0.5) },
    { do: "subscribe", client: 0, source: random.of(SOURCES), writes: [] },
    { do: "subscribe", client: 0, source: random.of(SOURCES), writes: [] },
  ];
  const count = 10 + random.below(40);
  while (steps.length < count) steps.push(makeStep(random));
  return { seed, window, steps };
}

const makers: readonly (readonly [number, (random: Random) => Step])[] = [
  [26, makeWrite],
  [
    4,
    (r) => ({
      do: "raw",
      kind: r.of(["replace", "replace", "deleteAll", "updateAll", "insert", "bulk"]),
      pick: r.below(1000),
    }),
  ],
  [4, (r) => ({ do: "connect", session: r.below(4), keeps: r.chance(0.5) })],
  [
    6,
    (r) => ({
      do: "subscribe",
      client: r.below(8),
      source: r.of(SOURCES),
      writes: r.chance(0.4) ? r.times(3, () => makeOne(r)) : [],
    }),
  ],
  [1, (r) => ({ do: "crowd", client: r.below(8) })],
  [2, (r) => ({ do: "stop", client: r.below(8), pick: r.below(8) })],
  [6, (r) => ({ do: r.of(["drop", "halfOpen"] as const), client: r.below(8) })],
  [6, (r) => ({ do: "comeBack", client: r.below(8) })],
  [4, (r) => ({ do: "stall", client: r.below(8) })],
  [3, (r) => ({ do: "sip", client: r.below(8) })],
  [3, (r) => ({ do: "read", client: r.below(8) })],
  [2, (r) => ({ do: "overfill", client: r.below(8) })],
  [2, (r) => ({ do: "forge", client: r.below(8), pick: r.below(4) })],
  [9, (r) => ({ do: "evict", sockets: r.chance(0.75) ? "hibernate" : "close" })],
  [3, () => ({ do: "abort" })],
  [3, () => ({ do: "lapse" })],
  [2, () => ({ do: "signIn" })],
  [3, (r) => ({ do: "prune", keep: r.of([1, 1, 2, 5, 10, 20]) })],
  [3, (r) => ({ do: "revoke", session: r.below(4), how: r.of(["logout", "revoke", "quietly"]) })],
  [9, () => ({ do: "sync" })],
  [8, (r) => ({ do: "together", steps: [makeWrite(r), makeTroubleOrWrite(r)] })],
];

const total = makers.reduce((sum, [weight]) => sum + weight, 0);

function makeStep(random: Random): Step {
  let left = random.below(total);
  for (const [weight, make] of makers) {
    if (left < weight) return make(random);
    left -= weight;
  }
  return { do: "sync" };
}

function makeTroubleOrWrite(random: Random): Step {
  const client = random.below(8);
  return random.of<Step>([
    makeWrite(random),
    makeWrite(random),
    { do: "drop", client },
    { do: "comeBack", client },
    { do: "evict", sockets: "hibernate" },
    { do: "abort" },
  ]);
}

function makeWrite(random: Random): Step {
  const turn = (): Turn => ({ writes: random.times(6, () => makeOne(random)), fail: random.chance(0.15) });
  return {
    do: "write",
    how: random.of(["http", "http", "batch", "socket", "slowly"]),
    turns: random.times(3, turn),
    client: random.below(8),
  };
}

function makeOne(random: Random): Write {
  const op = random.of(["create", "create", "create", "update", "update", "delete"] as const);
  return { table: random.of(["items", "notes"]), op, pick: random.below(1000) };
}
