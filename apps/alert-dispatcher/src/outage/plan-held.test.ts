import { exampleAlert } from '../start-test-dispatcher';
import { planHeld, toldField, type ToldInOutage } from './plan-held';

const policy = { routes: [], destinations: ['slack'], fallback: undefined };
const fires = exampleAlert({ incident: 'backup:a', occurredAt: '2025-06-22T14:30:00Z' });
const ends = { ...exampleAlert({ incident: 'backup:a' }), status: 'resolved' as const };
const known = (changes: Partial<ToldInOutage> = {}) =>
  new Map([
    [
      toldField('slack', 'backup:a'),
      {
        alertId: fires.id,
        state: 'firing' as const,
        severity: fires.severity,
        messageId: 'm',
        at: fires.occurredAt,
        lane: 'ordinary' as const,
        certain: true,
        ...changes,
      },
    ],
  ]);
const messages = (...given: Parameters<typeof planHeld>) => planHeld(...given).map(({ message }) => message);

describe('planHeld', () => {
  it('tells once of what is held, the most urgent first', () => {
    const urgent = exampleAlert({ incident: 'backup:b', severity: 'critical' });
    const news = planHeld([fires, fires, urgent], new Map(), 'slack', policy);
    expect(news.map(({ alert, reports }) => [alert.incident, reports])).toEqual([
      ['backup:b', 1],
      ['backup:a', 2],
    ]);
    expect(messages([fires, fires], known(), 'slack', policy)).toEqual([]);
  });

  it('tells again of what grows worse, and of what is in doubt', () => {
    const worse = { ...fires, severity: 'critical' as const };
    expect(messages([fires, worse], known(), 'slack', policy)).toEqual(['firing']);
    expect(messages([fires], known({ certain: false }), 'slack', policy)).toEqual(['firing']);
  });

  it('ends what was told, and nothing else', () => {
    expect(messages([fires, ends], known(), 'slack', policy)).toEqual(['resolved']);
    expect(messages([fires, ends], new Map(), 'slack', policy)).toEqual([]);
    expect(messages([ends], new Map(), 'slack', policy)).toEqual([]);
    expect(messages([fires, ends], known({ state: 'ended' }), 'slack', policy)).toEqual([]);
  });

  it('begins anew what fires after its end', () => {
    expect(messages([fires, ends, fires], known({ state: 'ended' }), 'slack', policy)).toEqual(['firing']);
  });

  it('leaves to Postgres what is told as a count', () => {
    expect(messages([{ ...fires, kind: 'service_started' }], new Map(), 'slack', policy)).toEqual([]);
  });
});
