import { planSending, type Candidate } from './plan-sending';

const now = new Date('2025-06-22T14:30:00Z');
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const free = { now, notBefore: now, senderUntil: null, bucket: { tokens: 5, at: now } };
const item = (severity: Candidate['severity'], changes: Partial<Candidate> = {}): Candidate => ({
  severity,
  message: 'firing',
  since: now,
  ...changes,
});
const critical = item('critical');
const ended = item('warning', { message: 'resolved' });
const info = item('info');
const policy = { maxPerHour: 10, digestDepth: 3, digestAgeSeconds: 900 };
const ordinary = (count: number) =>
  Array.from({ length: count }, () => ({ sentAt: now, lane: 'ordinary' as const }));

describe('planSending', () => {
  it('takes what is critical first, then what has ended, then the rest, one incident a message', () => {
    const plan = (due: Candidate[]) => planSending(due, free, [], policy).next;
    expect(plan([critical, ended, info])).toEqual({ lane: 'urgent', items: [critical] });
    expect(plan([ended, info])).toEqual({ lane: 'urgent', items: [ended] });
    expect(plan([info])).toEqual({ lane: 'ordinary', items: [info] });
  });

  it('tells of all in one message when too many wait, or one for too long', () => {
    const many = [info, info, info, info];
    expect(planSending(many, free, [], policy).next).toEqual({ lane: 'ordinary', items: many });
    const old = [item('warning', { since: at(-901) }), info];
    expect(planSending(old, free, [], policy).next).toEqual({ lane: 'ordinary', items: old });
  });

  it('tells of all that wait when the budget has room for one message more', () => {
    expect(planSending([info, info], free, ordinary(5), policy).next?.items).toEqual([info, info]);
    expect(planSending([info, info], free, ordinary(4), policy).next?.items).toEqual([info]);
  });

  it('sets aside what the budget has no room for, and says until when', () => {
    expect(planSending([ended, info], free, ordinary(6), policy)).toEqual({
      next: { lane: 'urgent', items: [ended] },
      limited: [],
    });
    expect(planSending([info], free, ordinary(6), policy)).toEqual({
      next: undefined,
      limited: [{ items: [info], until: at(3_600) }],
    });
  });

  it('puts all that is critical into one message a minute when all is spent', () => {
    const spent = [
      ...ordinary(6),
      ...Array.from({ length: 4 }, () => ({ sentAt: now, lane: 'urgent' as const })),
    ];
    expect(planSending([critical, critical], free, spent, policy)).toMatchObject({
      next: undefined,
      limited: [{ until: at(60) }],
    });
    const later = { ...free, now: at(60) };
    expect(planSending([critical, critical], later, spent, policy).next?.items).toHaveLength(2);
  });

  it.each([
    ['Slack asked to wait', { ...free, notBefore: at(1) }],
    ['another sender is at work', { ...free, senderUntil: at(1) }],
    ['the burst is spent', { ...free, bucket: { tokens: 0.5, at: now } }],
  ])('does nothing while %s', (_, destination) => {
    expect(planSending([critical], destination, [], policy)).toEqual({ next: undefined, limited: [] });
  });

  it('goes on where a sender has let its lease run out, and when a second has filled the bucket', () => {
    expect(planSending([critical], { ...free, senderUntil: now }, [], policy).next).toBeDefined();
    const filled = { ...free, now: at(1), bucket: { tokens: 0, at: now } };
    expect(planSending([critical], filled, [], policy).next).toBeDefined();
  });
});
