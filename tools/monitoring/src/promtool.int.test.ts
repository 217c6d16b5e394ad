import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promtoolFiles } from './promtool-tests';
import { readRules } from './read-rules';
import { inRepository } from './repository';
import { allCases } from './rule-cases/all-cases';
import { runProgram } from './run-program';

const rules = readRules();
const folder = mkdtempSync(join(tmpdir(), 'swfx-promtool-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('every rule file is one that promtool accepts, without a lint', async () => {
  const files = rules.files.map(inRepository);
  expect(files.length).toBeGreaterThan(0);
  const { code, output } = await runProgram('promtool', ['check', 'rules', '--lint-fatal', ...files]);
  expect({ code, output }).toMatchObject({ code: 0 });
});

it('every alert fires, keeps quiet, resolves, and is replaced by its twin when its series are missing', async () => {
  const runs = promtoolFiles(rules.alerts, allCases).map(async (file, index) => {
    const path = join(folder, `${index}.yml`);
    writeFileSync(path, JSON.stringify(file));
    return runProgram('promtool', ['test', 'rules', path]);
  });
  const failed = (await Promise.all(runs)).filter(({ code }) => code !== 0);
  expect(failed.map(({ output }) => output).join('\n')).toBe('');
});
