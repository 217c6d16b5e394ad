import fc from 'fast-check';
import { decideReport, type Incident, type Report } from './decide-report';

const at = (seconds: number) => new Date(Date.UTC(2025, 5, 22) + seconds * 1000);
const policy = { repeatSeconds: 600, expireSeconds: 90_000 };
const report = (changes: Partial<Report> = {}): Report => ({
  id: 'alert-1',
  key: 'backup:platform',
  status: 'firing',
  kind: 'backup_failed',
  severity: 'warning',
  service: 'backup-service',
  source: 'service:backup-service',
  acceptedAt: at(0),
  expiresAt: null,
  overtaken: false,
  ...changes,
});
const decide = (given: Report, open?: Incident) => decideReport(given, open, policy, 'incident-1');
const opened = (changes: Partial<Report> = {}): Incident => {
  const { incident } = decide(report(changes));
  if (!incident) throw new Error('it opens an incident');
  return incident;
};

describe('decideReport', () => {
  it('opens an incident, which holds for its time', () => {
    expect(decide(report())).toMatchObject({
      decision: 'opened',
      incident: { state: 'firing', revision: 1, reports: 1, expiresAt: at(90_000), alertId: 'alert-1' },
    });
    expect(opened({ kind: 'rotation_contended' }).expiresAt).toEqual(at(1_800));
    expect(opened({ expiresAt: at(60) }).expiresAt).toEqual(at(60));
    expect(opened({ expiresAt: at(-60) }).expiresAt).toEqual(at(90_000));
  });

  it('tells nothing new of what repeats, until it has gone on for long', () => {
    const again = decide(report({ id: 'alert-2', acceptedAt: at(599) }), opened());
    expect(again).toMatchObject({
      decision: 'repeated',
      incident: { revision: 1, reports: 2, seenAt: at(599) },
    });
    const later = decide(report({ id: 'alert-3', acceptedAt: at(600) }), again.incident);
    expect(later).toMatchObject({ decision: 'reminded', incident: { revision: 2, alertId: 'alert-3' } });
  });

  it('tells at once of what grows worse, and remembers the worst', () => {
    const worse = decide(report({ severity: 'critical', acceptedAt: at(1) }), opened());
    expect(worse).toMatchObject({ decision: 'worsened', incident: { revision: 2, severity: 'critical' } });
    expect(decide(report({ severity: 'info', acceptedAt: at(2) }), worse.incident)).toMatchObject({
      decision: 'repeated',
      incident: { severity: 'critical' },
    });
  });

  it('counts restarts in one incident, which ends when there were none for two minutes', () => {
    const start = (service: string, seconds: number) =>
      report({ kind: 'service_started', severity: 'info', service, acceptedAt: at(seconds) });
    const first = decide(start('api-gateway', 0)).incident;
    const second = decide(start('api-gateway', 60), first);
    expect(second).toMatchObject({
      decision: 'counted',
      incident: { tally: { 'api-gateway service_started': 2 }, expiresAt: at(180) },
    });
  });

  it('is ended by the service that watches it, and not by a rule whose window has passed', () => {
    const rule = { source: 'alertmanager:f1', kind: 'external' };
    const both = decide(report({ ...rule }), opened()).incident;
    const passed = decide(report({ ...rule, status: 'resolved' }), both);
    expect(passed).toMatchObject({ decision: 'source_resolved', incident: { state: 'firing' } });
    expect(
      decide(report({ id: 'end', status: 'resolved', acceptedAt: at(9) }), passed.incident),
    ).toMatchObject({
      decision: 'resolved',
      incident: { state: 'resolved', endedBy: 'end', endedAt: at(9) },
    });
  });

  it('is ended by a service that says so, also if only a rule had seen it', () => {
    const seen = opened({ source: 'alertmanager:f1', kind: 'external' });
    expect(decide(report({ status: 'resolved' }), seen).decision).toBe('resolved');
  });

  it('is ended by rules alone once all of them have', () => {
    const first = opened({ source: 'alertmanager:f1' });
    const second = decide(report({ source: 'alertmanager:f2' }), first).incident;
    const one = decide(report({ source: 'alertmanager:f1', status: 'resolved' }), second);
    expect(one.decision).toBe('source_resolved');
    expect(decide(report({ source: 'alertmanager:f2', status: 'resolved' }), one.incident).decision).toBe(
      'resolved',
    );
  });

  it('is over for replicas that watch each for themselves once all that saw it say so', () => {
    const [one, two] = ['service:api-gateway:1', 'service:api-gateway:2'];
    const both = decide(report({ source: two }), opened({ source: one })).incident;
    const half = decide(report({ source: one, status: 'resolved' }), both);
    expect(half).toMatchObject({ decision: 'source_resolved', incident: { state: 'firing' } });
    expect(decide(report({ source: two, status: 'resolved' }), half.incident).decision).toBe('resolved');
  });

  it('does not open again what its own source has already called over', () => {
    expect(decide(report({ overtaken: true }))).toEqual({ decision: 'overtaken', incident: undefined });
  });

  it('ends nothing where nothing is wrong', () => {
    expect(decide(report({ status: 'resolved' })).decision).toBe('not_firing');
  });

  it('never makes an incident less than it was, whatever is reported of it in whatever order', () => {
    const any = fc.record({
      status: fc.constantFrom('firing' as const, 'resolved' as const),
      severity: fc.constantFrom('critical' as const, 'warning' as const, 'info' as const),
      source: fc.constantFrom('service:a', 'service:b', 'alertmanager:f1', 'alertmanager:f2'),
      // Accepted at any time: the clock may have been set back in between.
      acceptedAt: fc.integer({ min: -100_000, max: 100_000 }).map(at),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (reports) => {
        let open: Incident | undefined = opened();
        for (const [index, given] of reports.entries()) {
          const before: Incident | undefined = open;
          const { incident } = decide(report({ ...given, id: `r${index}` }), before);
          if (before && incident && before.id === incident.id) {
            expect(incident.revision).toBeGreaterThanOrEqual(before.revision);
            expect(incident.expiresAt.getTime()).toBeGreaterThanOrEqual(before.expiresAt.getTime());
          }
          open = incident?.state === 'firing' ? incident : undefined;
        }
      }),
    );
  });
});
