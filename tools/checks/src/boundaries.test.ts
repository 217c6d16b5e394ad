/** Each import is linted as if it stood in the file; the file itself is not touched. */
import { runJson } from './run-json';

interface Finding {
  ruleId: string;
  message: string;
}

const cases = [
  { file: 'libs/metrics/src/metrics.ts', from: '@swfx/errors', refused: 'can only depend on libs tagged' },
  { file: 'libs/config/src/secret.ts', from: '@swfx/service', refused: 'Circular dependency' },
  { file: 'libs/errors/src/problem.ts', from: '../../../apps/api-gateway/src/app', refused: 'relative' },
  { file: 'apps/api-gateway/src/app.ts', from: '../../alert-dispatcher/src/app', refused: 'relative' },
  {
    file: 'apps/api-gateway/src/app.ts',
    from: '@swfx/alert-dispatcher/src/config',
    refused: 'Imports of apps are forbidden',
  },
  {
    file: 'tools/checks/src/main.ts',
    from: '@swfx/api-gateway/src/config',
    refused: 'Imports of apps are forbidden',
  },
  { file: 'tools/checks/src/main.ts', from: '../../../apps/api-gateway/src/app', refused: 'relative' },
  { file: 'libs/config/src/secret.ts', from: '@swfx/errors', refused: undefined },
  { file: 'apps/api-gateway/src/app.ts', from: '@swfx/service', refused: undefined },
];

const texts = cases.map(({ file, from }) => ({
  file,
  text: `import * as it from '${from}';\nexport const found = it;\n`,
}));
const findings = runJson<Finding[][]>('tools/checks/bin/lint-texts.mjs', texts);

test.each(cases.map((example, index) => ({ ...example, index })))(
  'in $file, $from is refused: $refused',
  ({ index, refused }) => {
    const boundaries = findings[index]?.filter(({ ruleId }) => ruleId === '@nx/enforce-module-boundaries');
    const messages = boundaries?.map(({ message }) => message) ?? [];
    expect(messages.join('\n')).toEqual(refused === undefined ? '' : expect.stringContaining(refused));
  },
);
