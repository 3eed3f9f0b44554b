/** Low enough for a client to reach, and above what the subscriptions and calls of a schedule need. */
export const limits = {
  subscriptionsPerSocket: 150,
  subscriptionsPerMember: 60,
  callsPerMember: 90,
};
