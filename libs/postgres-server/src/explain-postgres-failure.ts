/** Why a server did not start. `unknown`: the log's own last words are in the sentence. */
export type PostgresFailureReason =
  | 'disk_full'
  | 'no_permission'
  | 'not_installed'
  | 'no_shared_memory'
  | 'other_major'
  | 'port_taken'
  | 'in_use'
  | 'timed_out'
  | 'unknown';

export type PostgresFailure = { reason: PostgresFailureReason; sentence: string };

type Facts = { log: string; dataDir: string; port?: number };

const known: { pattern: RegExp; reason: PostgresFailureReason; sentence: (facts: Facts) => string }[] = [
  {
    pattern: /No space left on device|Disk quota exceeded|Check free disk space/,
    reason: 'disk_full',
    sentence: ({ dataDir }) => `The disk is full: Postgres could not write to ${dataDir}.`,
  },
  {
    pattern: /Address already in use|could not create any TCP\/IP sockets/,
    reason: 'port_taken',
    sentence: ({ port }) => `Port ${port} is taken: another program listens on it.`,
  },
  {
    pattern: /lock file "postmaster\.pid" already exists|pre-existing shared memory block/,
    reason: 'in_use',
    sentence: ({ dataDir }) => `Another Postgres is running on ${dataDir}.`,
  },
  {
    pattern: /database files are incompatible with server/,
    reason: 'other_major',
    sentence: ({ dataDir }) => `${dataDir} was written by another major version of Postgres.`,
  },
  {
    pattern: /could not (?:create|map|open) (?:anonymous )?shared memory|Cannot allocate memory/,
    reason: 'no_shared_memory',
    sentence: () => 'There is not enough memory for Postgres to start.',
  },
  {
    pattern: /Permission denied|has wrong ownership|has invalid permissions/,
    reason: 'no_permission',
    sentence: ({ dataDir }) => `Postgres may not use ${dataDir}: its user has no permission.`,
  },
];

/** Turns what initdb or postgres wrote before it gave up into a reason and one sentence for a person. Pure. */
export function explainPostgresFailure(facts: Facts): PostgresFailure {
  const match = known.find(({ pattern }) => pattern.test(facts.log));
  if (match) return { reason: match.reason, sentence: match.sentence(facts) };
  const last = lastComplaint(facts.log);
  return {
    reason: 'unknown',
    sentence: last ? `Postgres did not start: ${last}.` : 'Postgres ended without a word.',
  };
}

function lastComplaint(log: string): string | undefined {
  const lines = log.split('\n').filter((line) => /(?:FATAL|PANIC|ERROR|error):/.test(line));
  return (
    lines
      .at(-1)
      ?.replace(/^.*?(?:FATAL|PANIC|ERROR|error):\s*/, '')
      .replace(/\.$/, '') ?? log.trim().split('\n').at(-1)
  );
}
