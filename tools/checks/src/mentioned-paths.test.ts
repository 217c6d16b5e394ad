import { isNamed, mentionedPaths } from './mentioned-paths';

const top = ['apps', 'docs', 'package.json'];

test('finds links and code spans that name something of the repository', () => {
  const text =
    'See [one](adr/0001-x.md#why) and `apps/a/src/main.ts`, `package.json`; not `/metrics` or `a.b`.';
  expect(mentionedPaths('docs/architecture.md', text, top)).toEqual([
    'docs/adr/0001-x.md',
    'apps/a/src/main.ts',
    'package.json',
  ]);
});

test('passes over what a build or a run makes, fenced blocks and other sites', () => {
  const text = '`apps/a/dist/main.js` [x](https://example.org/docs)\n```\n`apps/none`\n```\n';
  expect(mentionedPaths('README.md', text, top)).toEqual([]);
});

test('knows files, folders and patterns', () => {
  const files = ['apps/a/src/main.ts', 'apps/b/src/config.ts'];
  expect(['apps/a', 'apps/a/src/', 'apps/*/src/config.ts'].every((path) => isNamed(path, files))).toBe(true);
  expect(['apps/a/src/main', 'apps/c/', 'apps/*/app.ts'].some((path) => isNamed(path, files))).toBe(false);
});
