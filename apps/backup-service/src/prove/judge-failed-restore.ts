export type RestoreJudgement = { verdict: 'CORRUPT' | 'CANNOT_VERIFY_HERE'; reason: string };

/**
 * What a restore that failed says of a backup whose bytes are those that were stored. A complaint about something that
 * belongs to the server, not to the dump, says nothing against the backup; any other means that it does not restore.
 */
export function judgeFailedRestore(
  complaint: string,
  { superuser }: { superuser: boolean } = { superuser: true },
): RestoreJudgement {
  const lacking =
    lackOfThisServer.some((pattern) => pattern.test(complaint)) ||
    (!superuser && lackOfRights.test(complaint));
  return lacking
    ? { verdict: 'CANNOT_VERIFY_HERE', reason: `this machine cannot restore it: ${complaint}` }
    : { verdict: 'CORRUPT', reason: `it does not restore: ${complaint}` };
}

/**
 * Whether a failed restore tells of trouble on this machine at this moment, which will pass: somebody, such as the
 * kernel when memory runs out, ended a program or the server.
 */
export function isPassingTrouble({ message, signal }: { message: string; signal: string | null }): boolean {
  if (signal !== null && ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'].includes(signal)) return true;
  return /connection to server|server closed the connection|terminating connection/.test(message);
}

/** A superuser is refused nothing, so that only another role can lack these. */
const lackOfRights = /permission denied|[Mm]ust (?:be|have|inherit)|not a member of role/;

const lackOfThisServer = [
  /extension "[^"]*" is not available/,
  /could not (?:access|load|open) (?:file|library|extension control file)/,
  /role "[^"]*" does not exist/,
  /could not create locale|collation "[^"]*" for encoding "[^"]*" does not exist|ICU is not supported/,
  /No space left on device|Disk quota exceeded/,
  /must be loaded via shared_preload_libraries/,
];
