export type DatabaseChoice = { chosen: true; database: string } | { chosen: false; problem: string };

/**
 * The database to back up: the one that is named, or the only one. Those that a running service has come first: what
 * was taken out of the configuration is still known for a while, and is not meant.
 */
export function chooseDatabase(
  targets: readonly { database: string; served: boolean }[],
  named: string | undefined,
): DatabaseChoice {
  const served = targets.filter((target) => target.served);
  const known = (served.length > 0 ? served : targets).map(({ database }) => database);
  const [first] = known;
  const list = known.join(', ');
  if (first === undefined)
    return { chosen: false, problem: 'No database is known yet: backup-service enters them when it starts.' };
  if (named === undefined && known.length > 1)
    return { chosen: false, problem: `Say which database to back up: ${list}.` };
  const database = named ?? first;
  if (!known.includes(database))
    return { chosen: false, problem: `${database} is not a backup target; these are: ${list}.` };
  return { chosen: true, database };
}
