import { createRefusalTally } from './refusal-tally';

const at = (time: string) => new Date(`2025-06-22T${time}Z`);

test('counts refusals by source, reason and minute', () => {
  const tally = createRefusalTally();
  tally.add('expired', '10.0.0.1', at('14:30:01'));
  tally.add('expired', '10.0.0.1', at('14:30:59'));
  tally.add('expired', '10.0.0.2', at('14:30:59'));
  tally.add('unknown_kid', '10.0.0.1', at('14:30:59'));
  tally.add('expired', '10.0.0.1', at('14:31:00'));
  const minute = '2025-06-22T14:30:00Z';
  expect(tally.take()).toEqual([
    { reason: 'expired', source: '10.0.0.1', count: 2, minute },
    { reason: 'expired', source: '10.0.0.2', count: 1, minute },
    { reason: 'unknown_kid', source: '10.0.0.1', count: 1, minute },
    { reason: 'expired', source: '10.0.0.1', count: 1, minute: '2025-06-22T14:31:00Z' },
  ]);
});

test('keeps the sessions apart that refused tokens belong to', () => {
  const tally = createRefusalTally(2);
  const session = (familyId: string) => ({ familyId, subject: 'user:1' });
  for (const family of ['a', 'b', 'a', 'c']) tally.add('ended', '10.0.0.1', at('14:30:00'), session(family));
  expect(tally.take().map(({ source, session: of, count }) => [source, of?.familyId, count])).toEqual([
    ['10.0.0.1', 'a', 2],
    ['10.0.0.1', 'b', 1],
    ['other', undefined, 1],
  ]);
});

test('begins anew once taken', () => {
  const tally = createRefusalTally();
  tally.add('expired', '10.0.0.1', at('14:30:01'));
  tally.take();
  expect(tally.take()).toEqual([]);
});

test('loses no count when there are more sources than it keeps apart', () => {
  const tally = createRefusalTally(2);
  for (const host of [1, 2, 3, 4, 5, 1]) tally.add('expired', `10.0.0.${host}`, at('14:30:00'));
  const taken = tally.take();
  expect(taken.map(({ source, count }) => [source, count])).toEqual([
    ['10.0.0.1', 2],
    ['10.0.0.2', 1],
    ['other', 3],
  ]);
});
