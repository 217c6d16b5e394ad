import { errorCatalogue } from '@swfx/errors';
import { generatedFiles } from './generated-files';
import { isThere, readText, repositoryFiles } from './repository';

const files = generatedFiles();

test.each(Object.keys(files))('%s is what its source says (else: npm run docs)', (path) => {
  expect(isThere(path) ? readText(path) : 'nothing').toBe(files[path]);
});

test('docs/schemas holds no schema that nothing publishes', () => {
  const schemas = repositoryFiles().filter((path) => path.startsWith('docs/schemas/'));
  expect(schemas.filter((path) => !(path in files))).toEqual([]);
});

test('docs/errors.md has every code of the catalogue, and no other', () => {
  const documented = [...readText('docs/errors.md').matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code);
  expect(documented.sort()).toEqual(Object.keys(errorCatalogue).sort());
});
