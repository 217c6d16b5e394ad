import { createPatternCounter } from './pattern-counter';

const rule = { threshold: 3, windowSeconds: 60 };

test('tells once a window, when the threshold is reached', () => {
  const counter = createPatternCounter(rule);
  const told = Array.from({ length: 7 }, (_, at) => counter.add('a', at));
  expect(told).toEqual([undefined, undefined, 3, undefined, undefined, undefined, undefined]);
});

test('begins anew when the window has ended', () => {
  const counter = createPatternCounter(rule);
  counter.add('a', 0);
  counter.add('a', 1);
  expect(counter.add('a', 60_000)).toBeUndefined();
  expect([counter.add('a', 60_001), counter.add('a', 60_002)]).toEqual([undefined, 3]);
});

test('counts each source for itself, and only what differs where that is asked for', () => {
  const counter = createPatternCounter(rule);
  for (const account of ['x', 'x', 'x', 'y', 'y']) expect(counter.add('a', 0, account)).toBeUndefined();
  for (const account of ['x', 'y']) expect(counter.add('b', 0, account)).toBeUndefined();
  expect(counter.add('a', 0, 'z')).toBe(3);
});

test('its memory is bounded: the source that began first makes room', () => {
  const counter = createPatternCounter(rule, 2);
  for (const source of ['a', 'a', 'b', 'c']) counter.add(source, 0);
  expect(counter.add('a', 0)).toBeUndefined();
  expect(counter.add('c', 0)).toBeUndefined();
  expect(counter.add('c', 0)).toBe(3);
});
