import { decideBeat } from './decide-beat';

const now = new Date('2025-06-22T14:30:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const well = {
  sampledAt: ago(1),
  oldest: null,
  critical: 0,
  warning: 0,
  info: 0,
  open: [],
  missing: 0,
  heartbeatAt: null,
};

describe('decideBeat', () => {
  it.each([
    ['nothing waits', {}],
    ['something waits for its turn', { oldest: ago(599) }],
    ['only the heartbeat itself is refused', { open: ['heartbeat'] }],
  ])('beats while %s', (_, changes) => {
    expect(decideBeat({ ...well, ...changes }, now)).toEqual({ beat: true });
  });

  it.each([
    ['a destination refuses everything', { open: ['slack'] }, 'slack refuses every alert'],
    ['an alert is stuck', { oldest: ago(601) }, 'an alert has been waiting for more than ten minutes'],
    ['Postgres is away', { sampledAt: ago(61) }, 'Postgres does not tell what is delivered'],
  ])('is silent while %s, and says why', (_, changes, reason) => {
    expect(decideBeat({ ...well, ...changes }, now)).toEqual({ beat: false, reason });
  });

  it('is silent until it knows', () => {
    expect(decideBeat(undefined, now)).toMatchObject({ beat: false });
  });
});
