import { loadSource } from './load-source';
import { readText, repositoryFiles } from './repository';

const files = repositoryFiles();
const sources = files.filter((path) => /\.(ts|mjs|cjs)$/.test(path));
const migrations = files.filter((path) => /^libs\/database\/migrations\/.*\.sql$/.test(path));

test('the version that services report is that of the root package', () => {
  const { serviceVersion } = loadSource<{ serviceVersion: string }>('libs/service/src/version.ts');
  expect(serviceVersion).toBe((JSON.parse(readText('package.json')) as { version: string }).version);
});

test('no test is skipped or singled out, and nothing is left to do', () => {
  // Put together so that this file does not find itself.
  const marks = new RegExp(
    ['\\.on' + 'ly\\(', '\\.sk' + 'ip\\(', '\\bTO' + 'DO\\b', '\\bFIX' + 'ME\\b'].join('|'),
  );
  expect(sources.filter((path) => marks.test(readText(path)))).toEqual([]);
});

test('every main.ts is at most 40 lines', () => {
  const long = sources.filter(
    (path) => /\/main\.ts$/.test(path) && readText(path).trimEnd().split('\n').length > 40,
  );
  expect(long).toEqual([]);
});

test('package-lock.json names no registry', () => {
  expect(readText('package-lock.json')).not.toMatch(/"resolved": "https?:/);
});

test('every migration has a number of its own and says that it goes up', () => {
  const numbers = migrations.map((path) => /\/(\d{4})_[a-z0-9_]+\.sql$/.exec(path)?.[1]);
  expect(migrations.length).toBeGreaterThan(0);
  expect(numbers).not.toContain(undefined);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(migrations.filter((path) => !readText(path).startsWith('-- Up Migration\n'))).toEqual([]);
});
