import { planSending } from './plan-sending';

const now = new Date('2025-06-22T14:30:00Z');
const later = new Date('2025-06-22T14:30:01Z');
const free = { now, notBefore: now, senderUntil: null };
const due = [
  { alertId: 'a', severity: 'critical' },
  { alertId: 'b', severity: 'info' },
] as const;
const policy = { maxPerHour: 1 };

describe('planSending', () => {
  it('takes the first delivery that the budget allows', () => {
    expect(planSending(due, free, [], policy)).toEqual({ next: due[0], deferred: [] });
  });

  it('sets aside what the budget has no room for, and says until when', () => {
    const sent = [{ severity: 'critical', sentAt: now } as const];
    expect(planSending(due, free, sent, policy)).toEqual({
      next: undefined,
      deferred: [
        { delivery: due[0], until: new Date('2025-06-22T14:31:00Z') },
        { delivery: due[1], until: new Date('2025-06-22T15:30:00Z') },
      ],
    });
  });

  it.each([
    ['Slack asked to wait', { ...free, notBefore: later }],
    ['another sender is at work', { ...free, senderUntil: later }],
  ])('does nothing while %s', (_, destination) => {
    expect(planSending(due, destination, [], policy)).toEqual({ next: undefined, deferred: [] });
  });

  it('goes on where a sender has let its lease run out', () => {
    expect(planSending(due, { ...free, senderUntil: now }, [], policy).next).toBe(due[0]);
  });
});
