/** The totals of the schedules that ran. */
export function createFigures() {
  return {
    schedules: 0,
    writes: 0,
    subscribers: 0,
    events: 0,
    evictions: 0,
    aborts: 0,
    drops: 0,
    lapses: 0,
    pruned: 0,
    revokes: 0,
    resets: 0,
    overfilled: 0,
    organizations: 0,
    results: 0,
    fullSubscriptions: 0,
    fullCalls: 0,
    removals: 0,
  };
}

export type Figures = ReturnType<typeof createFigures>;
