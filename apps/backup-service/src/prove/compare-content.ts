/**
 * Compares a restored database with what the manifest says was in the dumped snapshot. Every difference is a sentence
 * that names the object: "something differs" helps nobody on the day of a restore.
 */
import { quoted } from '../capture/list-tables';
import type { SequencePosition, SequenceRange } from '../capture/read-sequences';
import type { SchemaFact } from '../capture/read-schema';
import type { TableContent } from '../capture/sum-tables';
import type { Manifest } from '../seal/manifest';
import type { RestoredContent } from './read-restored';

export type Comparison = { equal: true } | { equal: false; differences: string[] };

/** Compares as far as the manifest goes: tables and row counts, and with a fingerprint all that is in it. */
export function compareContent(manifest: Manifest, restored: RestoredContent): Comparison {
  const { content, source } = manifest;
  const differences = compareTables(manifest.tables, restored.tables);
  if (content && restored.content) {
    const found = restored.content;
    differences.push(
      ...compareSequences(content.sequences, found.sequences),
      ...compareLargeObjects(content.large_objects, found.largeObjects),
      ...compareFacts(content.schema, found.schema),
    );
  }
  if (source.properties && restored.properties)
    differences.push(...compareFacts(propertyFacts(source.properties), propertyFacts(restored.properties)));
  return differences.length === 0 ? { equal: true } : { equal: false, differences };
}

function compareTables(dumped: readonly TableContent[], restored: readonly TableContent[]): string[] {
  return matched(dumped, restored, quoted).flatMap(({ name, expected, found }) => {
    if (!found) return [`${name} is missing`];
    if (!expected) return [`${name} was not dumped`];
    if (found.rows !== expected.rows) return [`${name} has ${found.rows} rows, ${expected.rows} were dumped`];
    const same = !expected.sums || String(expected.sums) === String(found.sums);
    return same ? [] : [`${name} has other values in its ${found.rows} rows than were dumped`];
  });
}

function compareSequences(dumped: readonly SequenceRange[], restored: readonly SequencePosition[]): string[] {
  return matched<SequenceRange, SequencePosition>(dumped, restored, quoted).flatMap(
    ({ name, expected, found }) => {
      if (!found) return [`the sequence ${name} is missing`];
      if (!expected) return [`the sequence ${name} was not dumped`];
      if (liesWithin(found, expected)) return [];
      const { before, after } = expected;
      const range = before.value === after.value ? after.value : `${before.value} to ${after.value}`;
      return [`the sequence ${name} stands at ${found.value}, ${range} was dumped`];
    },
  );
}

/** Between the readings before and after the dump, both included, whichever way the sequence counts. */
function liesWithin(found: SequencePosition, { before, after }: SequenceRange): boolean {
  if ([before, after].some(({ value, called }) => value === found.value && called === found.called))
    return true;
  const [low, high] = [BigInt(before.value), BigInt(after.value)].sort((a, b) => (a < b ? -1 : 1)) as [
    bigint,
    bigint,
  ];
  const value = BigInt(found.value);
  return found.called && value > low && value < high;
}

function compareLargeObjects(
  dumped: { objects: number; sums: readonly string[] },
  restored: { objects: number; sums: readonly string[] },
): string[] {
  if (dumped.objects !== restored.objects)
    return [`there are ${restored.objects} large objects, ${dumped.objects} were dumped`];
  return String(dumped.sums) === String(restored.sums) ? [] : ['the large objects differ from those dumped'];
}

const phrases: Record<string, (object: string) => string> = {
  privileges: (object) => `the privileges on ${object} differ`,
  definition: (object) => `${object} is defined otherwise`,
  comment: (object) => `the comment on ${object} differs`,
  exists: (object) => `${object} is missing`,
};

function compareFacts(dumped: readonly SchemaFact[], restored: readonly SchemaFact[]): string[] {
  const key = ({ kind, object }: SchemaFact) => `${kind} ${object}`;
  return matched(dumped, restored, key).flatMap(({ expected, found }) => {
    if (expected?.value === found?.value) return [];
    const { kind, object } = (expected ?? found) as SchemaFact;
    if (!expected) return [`${object} was dumped without ${kind}`];
    return [phrases[kind]?.(object) ?? `${kind} ${object} differs`];
  });
}

/** The database's own properties as facts. */
function propertyFacts(properties: NonNullable<Manifest['source']['properties']>): SchemaFact[] {
  const { owner, comment, connection_limit: limit, grants, settings } = properties;
  const granted = grants?.map((grant) => JSON.stringify(grant)).sort();
  const object = 'the database';
  return [
    { kind: 'privileges', object, value: JSON.stringify([owner, granted ?? null]) },
    { kind: 'comment', object, value: String(comment) },
    { kind: 'limit of connections to', object, value: String(limit) },
    ...settings.map(({ role, setting }) => {
      const [name = '', ...value] = setting.split('=');
      return { kind: 'setting', object: role === null ? name : `${name} of ${role}`, value: value.join('=') };
    }),
  ];
}

/** Brings the two sides together by name, in the order of the first. */
function matched<A, B>(
  dumped: readonly A[],
  restored: readonly B[],
  nameOf: (one: A & B) => string,
): { name: string; expected: A | undefined; found: B | undefined }[] {
  const expected = new Map(dumped.map((one) => [nameOf(one as A & B), one]));
  const found = new Map(restored.map((one) => [nameOf(one as A & B), one]));
  return [...new Set([...expected.keys(), ...found.keys()])].map((name) => ({
    name,
    expected: expected.get(name),
    found: found.get(name),
  }));
}
