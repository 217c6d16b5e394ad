import { createPace } from './pace';

/** A clock that stands still until somebody waits. */
function clockOf() {
  const clock = {
    ms: 0,
    now: () => clock.ms,
    wait: async (ms: number) => void (clock.ms += ms),
  };
  return clock;
}

describe('createPace', () => {
  it('lets everything through at once where there is no limit', async () => {
    const clock = clockOf();
    const pace = createPace(undefined, clock);
    for (let n = 0; n < 100; n += 1) await pace.admit(1e9);
    expect(clock.ms).toBe(0);
  });

  it('admits no more than its budget, whatever the pieces are', async () => {
    const clock = clockOf();
    const pace = createPace(1_000, clock);
    const begun: number[] = [];
    for (const bytes of [500, 2_000, 100, 1_000]) {
      await pace.admit(bytes);
      begun.push(clock.ms);
    }
    expect(begun).toEqual([0, 500, 2_500, 2_600]);
  });

  it('saves nothing up while nobody reads', async () => {
    const clock = clockOf();
    const pace = createPace(1_000, clock);
    await pace.admit(1_000);
    clock.ms = 60_000;
    await pace.admit(1_000);
    await pace.admit(1_000);
    expect(clock.ms).toBe(61_000);
  });

  it('is one budget for all who share it', async () => {
    const waits: number[] = [];
    const pace = createPace(1_000, { now: () => 0, wait: async (ms) => void waits.push(ms) });
    await Promise.all([1_000, 1_000, 1_000].map((bytes) => pace.admit(bytes)));
    expect(waits).toEqual([1_000, 2_000]);
  });
});
