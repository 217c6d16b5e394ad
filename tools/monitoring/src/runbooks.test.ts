import { unknownMetrics } from './find-rule-problems';
import { knownMetrics } from './known-metrics';
import { queriesOf, readRunbooks, runbookBlocks } from './read-runbooks';
import { readRules } from './read-rules';

const rules = readRules();
const pages = readRunbooks();
const blocks = runbookBlocks();
const known = knownMetrics(rules.recordings.map(({ record }) => record));

describe('the runbooks', () => {
  it.each(rules.alerts.map(({ alert }) => alert))(
    '%s has its four parts, and says something in each',
    (alert) => {
      const headings = [...(pages[alert] ?? '').matchAll(/^## (.+)\n\n\S/gm)].map(([, heading]) => heading);
      expect(headings).toEqual(['Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
    },
  );

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
});
