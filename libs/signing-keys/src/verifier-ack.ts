/**
 * What a verifier says of itself: which keys it has proved, by their probes, that it verifies with. It says so in
 * Postgres, under a lease, and in Redis, in a key that expires with it: a verifier that is cut off from one of the two
 * is still seen to be there. Acknowledgements make a promotion wait; no token is ever refused for want of one.
 */
import type { Queryable } from '@swfx/database';
import { z } from 'zod';

/** One verifier's acknowledgement. */
export interface VerifierAck {
  /** Drawn at each start. */
  boot: string;
  /** For people: which service on which machine. */
  instance: string;
  epoch: number;
  kids: string[];
  tokenTtlSeconds: number;
  clockSkewSeconds: number;
}

/** A verifier as a rotation sees it. */
export interface Verifier extends Pick<VerifierAck, 'boot' | 'instance' | 'epoch' | 'kids'> {
  /** Its lease has not run out; otherwise it has been silent, and was there within the time that was asked for. */
  live: boolean;
}

/** Whoever can write to Redis can write a copy: an epoch that no set ever reaches is not to be taken for one. */
const largestEpoch = 2 ** 40;
const copySchema = z.object({
  boot: z.string(),
  instance: z.string(),
  epoch: z.number().int().min(0).max(largestEpoch),
  kids: z.array(z.string()),
});
const copyPrefix = 'verifier-ack:';

/** Where the copy of an acknowledgement is in Redis, and what it says. */
export function ackCopy({ boot, instance, epoch, kids }: VerifierAck): { key: string; value: string } {
  return { key: `${copyPrefix}${boot}`, value: JSON.stringify({ boot, instance, epoch, kids }) };
}

/** The commands of ioredis that reading the copies needs. */
export interface AckCopies {
  scan(
    cursor: string,
    match: 'MATCH',
    pattern: string,
    count: 'COUNT',
    size: number,
  ): Promise<[string, string[]]>;
  mget(keys: string[]): Promise<(string | null)[]>;
}

/** Reads the copies; whatever else lies under their names is left out. Rejects when Redis does not answer. */
export async function readAckCopies(redis: AckCopies): Promise<Verifier[]> {
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', `${copyPrefix}*`, 'COUNT', 1_000);
    keys.push(...found);
    cursor = next;
  } while (cursor !== '0');
  const values = keys.length > 0 ? await redis.mget(keys) : [];
  return values.flatMap((value) => parseCopy(value) ?? []);
}

/** Writes or renews a verifier's acknowledgement, for `leaseSeconds` from now by Postgres's clock. */
export async function recordAck(db: Queryable, ack: VerifierAck, leaseSeconds: number): Promise<void> {
  const { boot, instance, epoch, kids, tokenTtlSeconds, clockSkewSeconds } = ack;
  await db.query(
    `INSERT INTO verifier_ack AS mine
       (boot, instance, epoch, kids, token_ttl_seconds, clock_skew_seconds, acked_at, lease_until)
     VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), clock_timestamp() + make_interval(secs => $7))
     ON CONFLICT (boot) DO UPDATE SET epoch = excluded.epoch, kids = excluded.kids, acked_at = excluded.acked_at,
       lease_until = excluded.lease_until`,
    [boot, instance, epoch, kids, tokenTtlSeconds, clockSkewSeconds, leaseSeconds],
  );
}

/** Takes back what a verifier said: it stops in good order, and nobody need wait for it. */
export async function withdrawAck(db: Queryable, boot: string): Promise<void> {
  await db.query('DELETE FROM verifier_ack WHERE boot = $1', [boot]);
}

/** The verifiers that acknowledged within the last `memorySeconds`. */
export async function readVerifiers(db: Queryable, memorySeconds: number): Promise<Verifier[]> {
  const { rows } = await db.query<Omit<Verifier, 'epoch'> & { epoch: string | number }>(
    `SELECT boot, instance, epoch, kids, lease_until > clock_timestamp() AS live FROM verifier_ack
     WHERE lease_until > clock_timestamp() OR acked_at > clock_timestamp() - make_interval(secs => $1)
     ORDER BY instance, boot`,
    [memorySeconds],
  );
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }));
}

/** Forgets verifiers that have been silent for a day. */
export async function forgetSilentVerifiers(db: Queryable): Promise<void> {
  await db.query(`DELETE FROM verifier_ack WHERE acked_at < now() - interval '1 day'`);
}

/** One list of both: a verifier is there if either says so, and has what the newer of its acknowledgements says. */
export function mergeAcks(rows: readonly Verifier[], copies: readonly Verifier[]): Verifier[] {
  const merged = new Map(rows.map((verifier) => [verifier.boot, verifier]));
  for (const copy of copies) {
    const row = merged.get(copy.boot);
    merged.set(copy.boot, row && row.epoch >= copy.epoch ? { ...row, live: true } : copy);
  }
  return [...merged.values()];
}

function parseCopy(value: string | null): Verifier | undefined {
  try {
    const parsed = copySchema.safeParse(JSON.parse(value ?? ''));
    return parsed.success ? { ...parsed.data, live: true } : undefined;
  } catch {
    return undefined;
  }
}
