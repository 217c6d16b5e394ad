import { suspiciousPatterns } from '@swfx/audit';
import { absenceSelectors } from './absence-cases';
import { unknownMetrics } from './find-rule-problems';
import { knownMetrics } from './known-metrics';
import { commandsOf, queriesOf, readRunbooks, runbookBlocks } from './read-runbooks';
import { readRules } from './read-rules';

const rules = readRules();
const pages = readRunbooks();
const blocks = runbookBlocks();
const known = knownMetrics(rules.recordings.map(({ record }) => record));

/** The commands in blocks marked `console`, and why the tests of monitoring do not run them. */
const notRun: Record<string, string> = {
  'npm test': 'It is what runs these tests.',
  'npx jest --config jest.unit.cjs --rootDir . tools/monitoring': 'It is these tests.',
  'npx swfx backup drill --key recovery.pem':
    'The tests of apps/backup-service run it, with a key that fits.',
  'apt-get update && apt-get install --only-upgrade prometheus prometheus-alertmanager':
    'It changes the machine.',
  'npm audit --omit=dev': 'It asks a registry.',
};

describe('the runbooks', () => {
  it.each(rules.alerts.map(({ alert }) => alert))(
    '%s has its four parts, and says something in each',
    (alert) => {
      const headings = [...(pages[alert] ?? '').matchAll(/^## (.+)\n\n\S/gm)].map(([, heading]) => heading);
      expect(headings).toEqual(['Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
    },
  );

  it.each(rules.alerts.map(({ alert }) => alert))('%s says when it ends', (alert) => {
    expect((pages[alert] ?? '').split('\n## Mitigation\n')[1]).toMatch(/\bIt (never )?ends\b/);
  });

  it.each(rules.alerts.filter(({ expr }) => absenceSelectors(expr).length > 0))(
    '$alert asks for every metric whose absence it tells',
    ({ alert, expr }) => {
      const missing = absenceSelectors(expr)
        .map((selector) => selector.replace(/\{.*/, ''))
        .filter((metric) => !new RegExp(`\\b${metric}\\b`).test(pages[alert] ?? ''));
      expect(missing).toEqual([]);
    },
  );

  it('SuspiciousActivity names every pattern', () => {
    for (const pattern of suspiciousPatterns) expect(pages['SuspiciousActivity']).toContain(`\`${pattern}\``);
  });

  it('are about alerts that exist', () => {
    const alertPages = Object.keys(pages).filter(
      (name) => /^[A-Z][a-zA-Z]+$/.test(name) && name !== 'README',
    );
    expect(alertPages.sort()).toEqual(rules.alerts.map(({ alert }) => alert).sort());
  });

  it('query what is exported', () => {
    const queries = blocks.filter(({ language }) => language === 'promql').flatMap(queriesOf);
    expect(queries.length).toBeGreaterThan(100);
    expect(queries.flatMap((query) => unknownMetrics(query, known))).toEqual([]);
  });

  it('use only blocks that a test knows how to take', () => {
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['bash', 'promql', 'console']));
  });

  it('leave to their reader only what a test has a reason not to run', () => {
    const left = blocks.filter(({ language }) => language === 'console').flatMap(commandsOf);
    expect(left.sort()).toEqual(Object.keys(notRun).sort());
  });
});
