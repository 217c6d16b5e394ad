import { isSource } from './watch-code';

describe('isSource', () => {
  it.each([
    'api-gateway/src/app.ts',
    'database/migrations/0001_foundation.sql',
    'audit/src/schemas/event.json',
  ])('rebuilds for %s', (path) => expect(isSource(path)).toBe(true));
  it.each([
    'api-gateway/dist/main.js',
    'api-gateway/src/app.test.ts',
    'api-gateway/src/.app.ts.swp',
    'audit/package.json',
  ])('does not rebuild for %s', (path) => expect(isSource(path)).toBe(false));
});
