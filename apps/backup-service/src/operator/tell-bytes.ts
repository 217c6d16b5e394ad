import { describeRestoreProgress } from './describe-restore-progress';

const everyMs = 2_000;

/** Tells how far a restore in the operator's own process is, at most every two seconds. */
export function tellBytes(
  database: string,
  say: (line: string) => void,
): (restoredBytes: number, expectedBytes: number) => void {
  let startedAt: number | undefined;
  let toldAt = 0;
  let last = 0;
  return (bytes, expectedBytes) => {
    const now = performance.now();
    // Fewer than before: the second copy is read, from its beginning.
    if (startedAt === undefined || bytes < last) startedAt = toldAt = now;
    last = bytes;
    if (now - toldAt < everyMs) return;
    toldAt = now;
    const facts = { phase: 'restoring', restored_bytes: bytes, expected_bytes: expectedBytes };
    say(describeRestoreProgress(database, { ...facts, elapsed_seconds: (now - startedAt) / 1000 }));
  };
}
