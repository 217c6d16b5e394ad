import { decideDelivery, type EarlierAlert } from './decide-delivery';

const at = (seconds: number) => new Date(Date.UTC(2025, 5, 22) + seconds * 1000);
const policy = { enabled: true, repeatSeconds: 900 };
const alert = { kind: 'backup_failed', severity: 'warning', acceptedAt: at(1_000) } as const;
const original: EarlierAlert = {
  id: 'first',
  kind: 'backup_failed',
  severity: 'warning',
  acceptedAt: at(900),
  state: 'sent',
};

describe('decideDelivery', () => {
  it('sends the first alert of an incident', () => {
    expect(decideDelivery(alert, [], policy)).toEqual({ outcome: 'send' });
  });

  it.each(['sent', 'pending'] as const)(
    'suppresses a repetition of one that is %s, and names it',
    (state) => {
      expect(decideDelivery(alert, [{ ...original, state }], policy)).toEqual({
        outcome: 'suppress',
        reason: 'duplicate',
        detail: 'repeats alert first',
      });
    },
  );

  it.each(['dead', 'suppressed'] as const)('sends again after one that is %s', (state) => {
    expect(decideDelivery(alert, [{ ...original, state }], policy)).toEqual({ outcome: 'send' });
  });

  it('sends again once the repeat time is over', () => {
    expect(decideDelivery({ ...alert, acceptedAt: at(1_799) }, [original], policy).outcome).toBe('suppress');
    expect(decideDelivery({ ...alert, acceptedAt: at(1_800) }, [original], policy).outcome).toBe('send');
  });

  it('sends another severity, and another kind of the same incident', () => {
    expect(decideDelivery({ ...alert, severity: 'critical' }, [original], policy).outcome).toBe('send');
    expect(decideDelivery({ ...alert, kind: 'backup_proof_failed' }, [original], policy).outcome).toBe(
      'send',
    );
  });

  it('suppresses everything while alerting is disabled', () => {
    expect(decideDelivery(alert, [], { ...policy, enabled: false })).toMatchObject({
      outcome: 'suppress',
      reason: 'disabled',
    });
  });
});
