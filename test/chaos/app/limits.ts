/** Few enough that a client can hit the limit, and more than schedules need by their own subscriptions and calls. */
export const limits = {
  subscriptionsPerSocket: 150,
  subscriptionsPerMember: 60,
  callsPerMember: 90,
};
