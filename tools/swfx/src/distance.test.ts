import { distance, span } from './distance';

describe('distance', () => {
  it.each([
    [0, 'now'],
    [0.4, 'now'],
    [45, 'in 45 s'],
    [119, 'in 119 s'],
    [120, 'in 2 min'],
    [-300, '5 min ago'],
    [7_200, 'in 2 h'],
    [-172_800, '2 d ago'],
  ])('says %d s as "%s"', (seconds, text) => expect(distance(seconds)).toBe(text));

  it('uses no unit that it would hold only once', () => expect(span(129_600)).toBe('36 h'));
});
