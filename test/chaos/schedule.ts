import { createRandom, type Random } from "./random.js";

export type TableName = "items" | "notes";
/** Live queries. Only schedules of an organization subscribe to them. */
export type LiveSource = "liveItems" | "liveNotes";
export type Source = "items" | "notes" | "watchItems" | "watchNotes" | LiveSource;

export const isLive = (source: Source): source is LiveSource => source === "liveItems" || source === "liveNotes";

export interface Write {
  readonly table: TableName;
  readonly op: "create" | "update" | "delete";
  readonly pick: number;
}

/**
 * One step. Its numbers pick among the things that exist at that time, so a schedule stays valid when steps are
 * removed.
 */
export type Step =
  | { readonly do: "write"; readonly how: WriteWay; readonly turns: readonly Turn[]; readonly client: number }
  | { readonly do: "raw"; readonly kind: RawKind; readonly pick: number }
  | { readonly do: "connect"; readonly session: number; readonly keeps: boolean }
  | { readonly do: "subscribe"; readonly client: number; readonly source: Source; readonly writes: readonly Write[] }
  | { readonly do: "crowd"; readonly client: number }
  | { readonly do: "stop"; readonly client: number; readonly pick: number }
  | {
      readonly do: "drop" | "halfOpen" | "reconnect" | "stall" | "readWindow" | "read" | "overfill";
      readonly client: number;
    }
  | { readonly do: "overfillMember"; readonly client: number; readonly quota: "subscriptions" | "calls" }
  | { readonly do: "forge"; readonly client: number; readonly pick: number }
  | { readonly do: "evict"; readonly sockets: "hibernate" | "close" }
  | { readonly do: "abort" | "lapse" | "signIn" | "sync" }
  | { readonly do: "prune"; readonly keep: number }
  | { readonly do: "revoke"; readonly session: number; readonly how: "logout" | "revoke" | "quietly" }
  | { readonly do: "together"; readonly steps: readonly Step[] };

export type StepOf<TDo extends Step["do"]> = Extract<Step, { do: TDo }>;

/** The things that a step's number picks among. */
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
  /** The kind of the object that the schedule runs against. */
  readonly owner: "user" | "organization";
  readonly window: "wide" | "narrow" | "hasty";
  readonly steps: readonly Step[];
}

const SOURCES: readonly Source[] = ["items", "items", "notes", "watchItems", "watchNotes"];
const ORGANIZATION_SOURCES: readonly Source[] = [...SOURCES, "liveItems", "liveItems", "liveNotes"];

/** Every third schedule runs against an organization. */
export function makeSchedule(seed: number): Schedule {
  const random = createRandom(seed * 2_654_435_761 + 1);
  const window = random.of(["wide", "wide", "narrow", "hasty"] as const);
  const owner = seed % 3 === 0 ? "organization" : "user";
  const { sources } = kinds[owner];
  const begin = (member: number): Step[] => [
    { do: "connect", session: member, keeps: random.chance(0.5) },
    { do: "subscribe", client: member, source: random.of(sources), writes: [] },
    { do: "subscribe", client: member, source: random.of(sources), writes: [] },
  ];
  const steps: Step[] = owner === "user" ? begin(0) : [0, 1, 2].flatMap(begin);
  const count = 10 + random.below(40);
  while (steps.length < count) steps.push(makeStep(random, kinds[owner].makers));
  return { seed, window, owner, steps };
}

type Maker = readonly [weight: number, make: (random: Random) => Step];

const makersFor = (sources: readonly Source[]): readonly Maker[] => [
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
      source: r.of(sources),
      writes: r.chance(0.4) ? r.times(3, () => makeOne(r)) : [],
    }),
  ],
  [1, (r) => ({ do: "crowd", client: r.below(8) })],
  [2, (r) => ({ do: "stop", client: r.below(8), pick: r.below(8) })],
  [6, (r) => ({ do: r.of(["drop", "halfOpen"] as const), client: r.below(8) })],
  [6, (r) => ({ do: "reconnect", client: r.below(8) })],
  [4, (r) => ({ do: "stall", client: r.below(8) })],
  [3, (r) => ({ do: "readWindow", client: r.below(8) })],
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
  [8, (r) => ({ do: "together", steps: [makeWrite(r), makeInterruptionOrWrite(r)] })],
];

const makeOverfill: Maker = [
  5,
  (r) => ({ do: "overfillMember", client: r.below(8), quota: r.of(["subscriptions", "calls"]) }),
];

const kinds = {
  user: { sources: SOURCES, makers: makersFor(SOURCES) },
  organization: { sources: ORGANIZATION_SOURCES, makers: [...makersFor(ORGANIZATION_SOURCES), makeOverfill] },
};

function makeStep(random: Random, makers: readonly Maker[]): Step {
  let left = random.below(makers.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, make] of makers) {
    if (left < weight) return make(random);
    left -= weight;
  }
  return { do: "sync" };
}

function makeInterruptionOrWrite(random: Random): Step {
  const client = random.below(8);
  return random.of<Step>([
    makeWrite(random),
    makeWrite(random),
    { do: "drop", client },
    { do: "reconnect", client },
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
