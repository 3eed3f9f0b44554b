import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createMemoryBudget,
  largestOutput,
  type MemoryShare,
  type MemoryUse,
} from "../../../src/do/connections/memory-budget.js";

const uses = ["stored", "queued", "sent", "large"] as const;
const limits: Record<MemoryUse, number> = { stored: 2_500, queued: 2_500, sent: 1_250, large: 3_750 };
/** The most bytes that large frames of one member count for. */
const HALF = 1_875;
const nothing = (): Record<MemoryUse, number> => ({ stored: 0, queued: 0, sent: 0, large: 0 });

type Step =
  | { readonly do: "open"; readonly member: string }
  | {
      readonly do: "reserve" | "add" | "release";
      readonly share: number;
      readonly use: MemoryUse;
      readonly bytes: number;
    }
  | { readonly do: "wait"; readonly share: number; readonly use: "sent" | "large"; readonly bytes: number }
  | { readonly do: "close"; readonly share: number };

const share = fc.nat({ max: 9 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("open" as const), member: fc.constantFrom("ada", "bob", "cy") }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("reserve" as const, "add" as const, "release" as const),
      share,
      use: fc.constantFrom(...uses),
      bytes: fc.oneof(fc.nat({ max: 1_200 }), fc.constantFrom(0, HALF, 2_500, 6_000)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      share,
      use: fc.constantFrom("sent" as const, "large" as const),
      bytes: fc.nat({ max: HALF }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), share }) },
);

describe("the memory budget of an object", () => {
  it("counts exactly the bytes of its shares, over all orders of reserving, releasing and closing", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const budget = createMemoryBudget(10_000);
        const shares: {
          readonly share: MemoryShare;
          readonly member: string;
          reserved: Record<MemoryUse, number>;
          isOpen: boolean;
        }[] = [];
        const total = (use: MemoryUse): number => shares.reduce((sum, { reserved }) => sum + reserved[use], 0);
        const ofMember = (name: string, use: MemoryUse): number =>
          shares.reduce((sum, { member, reserved }) => (member === name ? sum + reserved[use] : sum), 0);
        /** Large output may take at most half of each member's part. */
        const charged = (): number =>
          ["ada", "bob", "cy"].reduce((sum, name) => sum + Math.min(HALF, ofMember(name, "large")), 0);
        for (const each of steps) {
          if (each.do === "open") {
            const opened = budget.open(each.member, () => {});
            shares.push({ share: opened, member: each.member, reserved: nothing(), isOpen: true });
            continue;
          }
          const one = shares[each.share];
          if (!one) continue;
          if (each.do === "wait") one.share.whenRoom(each.use, each.bytes, () => {});
          else if (each.do === "close") {
            one.share.close();
            one.isOpen = false;
            one.reserved = nothing();
          } else {
            const { use, bytes } = each;
            if (each.do === "reserve") {
              const before = total(use);
              const own = ofMember(one.member, use);
              const isReserved = one.share.reserve(use, bytes);
              if (isReserved) one.reserved[use] += bytes;
              if (isReserved && use === "large" && bytes > 0) {
                expect(charged()).toBeLessThanOrEqual(limits.large);
                // Beyond its half, only a single frame is allowed.
                if (own > 0) expect(own + bytes).toBeLessThanOrEqual(HALF);
              }
              // Beyond its part, only a single frame is allowed.
              if (isReserved && use !== "large" && before > 0) expect(total(use)).toBeLessThanOrEqual(limits[use]);
              if (one.isOpen && before === 0 && !budget.isScarce()) expect(isReserved).toBe(true);
            } else if (each.do === "add") {
              one.share.add(use, bytes);
              if (one.isOpen) one.reserved[use] += bytes;
            } else {
              one.share.release(use, bytes);
              one.reserved[use] = Math.max(0, one.reserved[use] - bytes);
            }
          }
          for (const use of uses) expect(budget.used(use)).toBe(total(use));
          expect(budget.used()).toBe(uses.reduce((sum, use) => sum + total(use), 0));
        }
        for (const { share } of shares) share.close();
        expect(budget.used()).toBe(0);
        expect(budget.isScarce()).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it("leaves space for every other member, whatever one of them uses", () => {
    const budget = createMemoryBudget(1_000);
    const hog = Array.from({ length: 40 }, () => budget.open("hog", () => {}));
    for (const each of hog) while (each.reserve("queued", 10)) expect(budget.used("queued")).toBeLessThanOrEqual(130);
    expect(budget.open("ada", () => {}).reserve("queued", 50)).toBe(true);
  });

  it("never delays the output of a member for large frames of another, whatever that one sends", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ socket: fc.nat(4), bytes: fc.integer({ min: 1, max: 50_000 }) }), { maxLength: 20 }),
        fc.integer({ min: 78, max: largestOutput(10_000) }),
        (frames, bytes) => {
          const budget = createMemoryBudget(10_000);
          const hog = Array.from({ length: 5 }, () => budget.open("hog", () => {}));
          for (const frame of frames) {
            const one = hog[frame.socket];
            if (one?.hasRoom("large", frame.bytes)) one.add("large", frame.bytes);
            else one?.whenRoom("large", frame.bytes, () => {});
          }
          // Replies are sent whatever their size.
          hog[0]?.add("large", 40_000);
          const other = budget.open("ada", () => {});
          expect(other.hasRoom("sent", 0)).toBe(true);
          expect(other.hasRoom("large", bytes)).toBe(true);
          expect(other.reserve("large", bytes)).toBe(true);
        },
      ),
    );
  });

  it("grants large frames in the order of their members' turns, however small the later ones are", () => {
    const budget = createMemoryBudget(10_000);
    const [ada, bob, cy, dan] = ["ada", "bob", "cy", "dan"].map((name) => budget.open(name, () => {}));
    ada?.add("large", HALF);
    bob?.add("large", HALF);
    const granted: string[] = [];
    cy?.whenRoom("large", HALF, () => {
      granted.push("cy");
      cy.add("large", HALF);
    });
    dan?.whenRoom("large", 100, () => granted.push("dan"));
    ada?.release("large", 200);
    expect(granted).toEqual([]);
    expect(dan?.hasRoom("large", 100)).toBe(false);
    ada?.release("large", HALF - 200);
    expect(granted).toEqual(["cy"]);
    bob?.release("large", HALF);
    expect(granted).toEqual(["cy", "dan"]);
  });

  it("grants the next large frame of a member once its own are read, while others wait for nothing", () => {
    const budget = createMemoryBudget(10_000);
    const [one, two] = [budget.open("ada", () => {}), budget.open("ada", () => {})];
    one.add("large", 1_000);
    let isGranted = false;
    expect(two.hasRoom("large", 1_000)).toBe(false);
    two.whenRoom("large", 1_000, () => (isGranted = true));
    expect(budget.isScarce()).toBe(true);
    expect(budget.open("bob", () => {}).hasRoom("large", HALF)).toBe(true);
    one.release("large", 1_000);
    expect(isGranted).toBe(true);
    expect(budget.isScarce()).toBe(false);
  });

  it("asks clients what they have read when a share waits, and wakes members in turn", () => {
    const budget = createMemoryBudget(1_000);
    const askedClients: string[] = [];
    const woken: string[] = [];
    const reader = budget.open("ada", () => void askedClients.push("ada"));
    budget.open("idle", () => void askedClients.push("idle"));
    reader.add("sent", 700);
    for (const name of ["bob 1", "bob 2", "cy 1"]) {
      const one = budget.open(name.slice(0, 3), () => void askedClients.push(name));
      expect(one.hasRoom("sent", 0)).toBe(false);
      one.whenRoom("sent", 0, () => {
        woken.push(name);
        one.add("sent", 30);
      });
    }
    expect(askedClients).toEqual(["ada"]);
    expect(budget.isScarce()).toBe(true);
    reader.release("sent", 700);
    expect(woken).toEqual(["bob 1", "cy 1", "bob 2"]);
    expect(budget.isScarce()).toBe(false);
  });

  it("accepts a frame that is larger than the whole budget if its member has no other", () => {
    const budget = createMemoryBudget(1_000);
    const [one, other] = [budget.open("ada", () => {}), budget.open("ada", () => {})];
    expect(one.hasRoom("large", 5_000)).toBe(true);
    one.add("large", 5_000);
    let isWoken = false;
    expect(other.hasRoom("large", 0)).toBe(false);
    other.whenRoom("large", 5_000, () => (isWoken = true));
    one.close();
    expect(isWoken).toBe(true);
    one.add("large", 1);
    one.release("large", 5_000);
    expect(budget.used()).toBe(0);
  });

  describe("of one user", () => {
    // 1,250 bytes for short frames, and the 1,875 bytes for large frames that one member cannot use.
    const SHORT = 1_250 + HALF;

    it("gives the only member most of the memory for short frames", () => {
      const budget = createMemoryBudget(10_000, { isShared: false });
      const ada = budget.open("ada", () => {});
      ada.add("sent", SHORT * 0.75);
      expect(ada.isNearlyFull()).toBe(false);
      ada.add("sent", 1);
      expect(ada.isNearlyFull()).toBe(true);
      ada.add("sent", SHORT / 8);
      expect(ada.hasRoom("sent", 0)).toBe(false);
      // Its own large frames never wait for its short ones.
      expect(ada.hasRoom("large", HALF)).toBe(true);
      const other = budget.open("support", () => {});
      expect(other.hasRoom("sent", 0)).toBe(true);
      other.close();
      ada.release("sent", 10);
      expect(ada.hasRoom("sent", 0)).toBe(true);
    });

    it("has room for the large frames of another member once the short ones that took it are read", () => {
      const budget = createMemoryBudget(10_000, { isShared: false });
      const ada = budget.open("ada", () => {});
      const other = budget.open("support", () => {});
      ada.add("large", HALF);
      ada.add("sent", SHORT - 500);
      let isGranted = false;
      expect(other.hasRoom("large", HALF)).toBe(false);
      other.whenRoom("large", HALF, () => (isGranted = true));
      expect(budget.isScarce()).toBe(true);
      ada.release("sent", HALF - 501);
      expect(isGranted).toBe(false);
      ada.release("sent", 1);
      expect(isGranted).toBe(true);
    });

    it("does not give short frames memory that large frames use, and resumes them when it is released", () => {
      const budget = createMemoryBudget(10_000, { isShared: false });
      const ada = budget.open("ada", () => {});
      const other = budget.open("support", () => {});
      ada.add("large", HALF);
      other.add("large", HALF);
      expect(ada.hasRoom("sent", 0)).toBe(true);
      ada.add("sent", 700);
      let isGranted = false;
      expect(ada.hasRoom("sent", 0)).toBe(false);
      ada.whenRoom("sent", 0, () => (isGranted = true));
      other.release("large", 149);
      expect(isGranted).toBe(false);
      other.release("large", 2);
      expect(isGranted).toBe(true);
    });

    it("limits short and large frames together to both parts, whatever its members send", () => {
      const send = fc.record({
        share: fc.nat(2),
        use: fc.constantFrom("sent" as const, "large" as const),
        bytes: fc.integer({ min: 1, max: 1_000 }),
      });
      fc.assert(
        fc.property(fc.array(send, { maxLength: 60 }), (sends) => {
          const budget = createMemoryBudget(10_000, { isShared: false });
          const shares = ["ada", "ada", "support"].map((name) => budget.open(name, () => {}));
          for (const { share, use, bytes } of sends) {
            const one = shares[share];
            if (one?.hasRoom(use, bytes)) one.add(use, bytes);
          }
          // A short frame is sent if anything is free, so it may exceed the rest by its own length.
          expect(budget.used("sent") + budget.used("large")).toBeLessThan(1_250 + 3_750 + 1_000);
        }),
        { numRuns: 2_000 },
      );
    });
  });

  it("wakes waiting members when less is sent than was reserved", () => {
    const budget = createMemoryBudget(1_000);
    const [one, other] = [budget.open("ada", () => {}), budget.open("bob", () => {})];
    one.add("sent", 500);
    let isWoken = false;
    other.whenRoom("sent", 0, () => (isWoken = true));
    one.replace("sent", 500, 10);
    expect(isWoken).toBe(true);
  });
});
