import { planUndo, type UndoFacts } from './plan-undo';

const names = { live: 'shop', beside: 'swfx_restore_1', kept: 'swfx_before_1' };
const facts: UndoFacts = {
  keptIsThere: true,
  liveIsThere: true,
  superseded: false,
  preparedTransactions: [],
  writes: [],
  sessions: 2,
};

describe('planUndo', () => {
  it('says that nothing is lost where nothing was written', () => {
    expect(planUndo(facts, names)).toMatchObject({
      decision: 'go',
      notes: expect.arrayContaining(['nothing was written since the swap', '2 sessions will be ended']),
    });
  });

  it('says which writes stay behind', () => {
    const writes = [{ table: 'public.orders', inserted: 3, updated: 1, deleted: 0 }];
    const plan = planUndo({ ...facts, writes }, names);
    expect(plan).toMatchObject({ decision: 'go', writes });
    expect(plan.notes).toContain('4 rows written since the swap stay behind, in 1 tables');
  });

  it.each([
    [{ keptIsThere: false }, 'swfx_before_1'],
    [{ liveIsThere: false }, 'shop'],
    [{ superseded: true }, 'newer restore'],
    [{ preparedTransactions: ['transfer'] }, 'transfer'],
  ])('refuses where it cannot be done (%j), and says why', (change, named) => {
    const plan = planUndo({ ...facts, ...change }, names);
    expect(plan.decision).toBe('refuse');
    expect(plan.obstacles).toEqual([expect.stringContaining(named)]);
  });
});
