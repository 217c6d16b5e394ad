/**
 * Which backups are kept, decided from the backups alone. What counts is proven: the window and the daily, weekly and
 * monthly places are counted back from the newest *proven* backup, not from the clock, so that a service that takes
 * no good backups deletes none. Where nothing was ever proven, nothing is deleted. A backup from the future is a wrong
 * clock: it is kept, and counts for nothing. Where there is a second storage, nothing good goes before it is there, and
 * the newest proven backup that it has stays: a storage that has fallen behind never loses its last one. The more is there or the later it is, the more is deleted, never the less:
 * a backup that was to be deleted is not wanted again later, and a plan carried out plans nothing more.
 */
export interface RetainedBackup {
  id: string;
  /** When its snapshot was taken. */
  takenAt: Date;
  /** `proven` counts; `bad` failed its proof; `unknown` cannot be verified here; `pending` waits for its proof. */
  worth: 'proven' | 'bad' | 'unknown' | 'pending';
  /** A restore is reading it, or is planned from it. */
  inUse: boolean;
  /** Whether it is in the second storage: `awaited` where it should be and is not, `none` where there is no such place. */
  copy: 'none' | 'awaited' | 'copied';
}

export interface RetentionPolicy {
  /** Everything within so many days before the newest proven backup is kept. */
  withinDays: number;
  /** Of so many further days, ISO weeks and months that have a proven backup, its newest is kept. */
  daily: number;
  weekly: number;
  monthly: number;
}

export type KeepReason =
  | 'newest_proven'
  | 'newest_copied'
  | 'within_window'
  | 'daily'
  | 'weekly'
  | 'monthly'
  | 'in_use'
  | 'awaits_proof'
  | 'awaits_copy'
  | 'nothing_proven'
  | 'from_the_future';
export type DeleteReason = 'older_than_window' | 'bad_and_older_than_window';

export type RetentionDecision = { id: string; takenAt: Date } & (
  { keep: true; reason: KeepReason } | { keep: false; reason: DeleteReason }
);

const dayMs = 86_400_000;

/** Decides for each backup of one database, newest first. */
export function planRetention(
  backups: readonly RetainedBackup[],
  policy: RetentionPolicy,
  now: Date,
): RetentionDecision[] {
  const newestFirst = [...backups].sort(
    (a, b) => b.takenAt.getTime() - a.takenAt.getTime() || compare(a.id, b.id),
  );
  const proven = newestFirst.filter(({ worth, takenAt }) => worth === 'proven' && takenAt <= now);
  const [newest] = proven;
  const newestCopied = proven.find(({ copy }) => copy === 'copied');
  const places = choosePlaces(proven, policy);
  return newestFirst.map((backup): RetentionDecision => {
    const { id, takenAt } = backup;
    const keep = newest ? whyKept(backup, { newest, newestCopied, places, policy, now }) : 'nothing_proven';
    if (keep) return { id, takenAt, keep: true, reason: keep };
    return {
      id,
      takenAt,
      keep: false,
      reason: backup.worth === 'bad' ? 'bad_and_older_than_window' : 'older_than_window',
    };
  });
}

function whyKept(
  { id, takenAt, worth, inUse, copy }: RetainedBackup,
  by: {
    newest: RetainedBackup;
    newestCopied: RetainedBackup | undefined;
    places: Map<string, KeepReason>;
    policy: RetentionPolicy;
    now: Date;
  },
): KeepReason | undefined {
  if (id === by.newest.id) return 'newest_proven';
  if (id === by.newestCopied?.id) return 'newest_copied';
  if (takenAt > by.now) return 'from_the_future';
  if (takenAt.getTime() >= by.newest.takenAt.getTime() - by.policy.withinDays * dayMs) return 'within_window';
  if (worth === 'pending') return 'awaits_proof';
  if (copy === 'awaited' && worth !== 'bad') return 'awaits_copy';
  return by.places.get(id) ?? (inUse ? 'in_use' : undefined);
}

/** The newest proven backup of each of the newest days, weeks and months that have one. */
function choosePlaces(proven: readonly RetainedBackup[], policy: RetentionPolicy): Map<string, KeepReason> {
  const places = new Map<string, KeepReason>();
  const kinds = [
    ['daily', policy.daily, dayOf],
    ['weekly', policy.weekly, weekOf],
    ['monthly', policy.monthly, monthOf],
  ] as const;
  for (const [reason, count, periodOf] of kinds) {
    const seen = new Set<string>();
    for (const { id, takenAt } of proven) {
      const period = periodOf(takenAt);
      if (seen.has(period)) continue;
      if (seen.size === count) break;
      seen.add(period);
      if (!places.has(id)) places.set(id, reason);
    }
  }
  return places;
}

const dayOf = (date: Date) => date.toISOString().slice(0, 10);
const monthOf = (date: Date) => date.toISOString().slice(0, 7);
/** Weeks begin on Monday; 1970-01-01 was a Thursday. */
const weekOf = (date: Date) => String(Math.floor((date.getTime() / dayMs + 3) / 7));
const compare = (a: string, b: string) => (a < b ? -1 : 1);
