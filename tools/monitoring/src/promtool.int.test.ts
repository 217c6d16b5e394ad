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
  const paths = promtoolFiles(rules.alerts, allCases).map((file, index) => {
    const path = join(folder, `${index}.yml`);
    writeFileSync(path, JSON.stringify(file));
    return path;
  });
  const failed: string[] = [];
  // Two at a time: they do nothing but compute, and other tests want a turn.
  const lane = async () => {
    for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
      const { code, output } = await runProgram('promtool', ['test', 'rules', path]);
      if (code !== 0) failed.push(output);
    }
  };
  await Promise.all([lane(), lane()]);
  expect(failed.join('\n')).toBe('');
});
