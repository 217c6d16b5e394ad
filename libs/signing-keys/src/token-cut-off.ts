/**
 * Access tokens cannot be called back, but verifiers can be told from when on they are good again: a subject is cut
 * off at an instant, and every token of theirs with an earlier `iat` is refused. `iat` has whole seconds, so the
 * instant is the next one, and whoever mints in the meantime dates the token forward to it: no token that was made
 * afterwards is refused, and none that was made before passes.
 */
import type { Queryable } from '@swfx/database';

/** Who is cut off: a user (`user:<id>`), or one session of theirs. */
export type CutOffSubject = `user:${string}` | `session:${string}`;

/** The name under which a session is cut off; `sid` in the access token is the family of its refresh tokens. */
export function sessionSubject(familyId: string): CutOffSubject {
  return `session:${familyId}`;
}

/** Longer than any token lives: rows that are older stop nothing any more. */
const uselessAfter = '2 days';

/**
 * How far ahead a subject is cut off. A user may log in again in the next second; an ended session never comes back,
 * and this is beyond any date that one of its tokens can have been given.
 */
const aheadSeconds = { user: 1, session: 3_600 };

/** Cuts a subject off, in the caller's transaction, which holds the row of the user or of the session. */
export async function cutOff(db: Queryable, subject: CutOffSubject): Promise<void> {
  await db.query(
    `INSERT INTO token_cut_off AS held (subject, valid_from, cut_off_at)
     VALUES ($1, floor(extract(epoch FROM clock_timestamp()))::bigint + $2, clock_timestamp())
     ON CONFLICT (subject) DO UPDATE
       SET valid_from = greatest(excluded.valid_from, held.valid_from + 1), cut_off_at = excluded.cut_off_at`,
    [subject, subject.startsWith('session:') ? aheadSeconds.session : aheadSeconds.user],
  );
  await db.query(
    `DELETE FROM token_cut_off WHERE subject IN (
       SELECT subject FROM token_cut_off WHERE cut_off_at < now() - $1::interval FOR UPDATE SKIP LOCKED)`,
    [uselessAfter],
  );
}

/** The earliest `iat`, a NumericDate, with which a token of the subject passes; 0 where there is no cut-off. */
export async function readValidFrom(db: Queryable, subject: string): Promise<number> {
  const { rows } = await db.query<{ validFrom: number }>(
    `SELECT valid_from AS "validFrom" FROM token_cut_off WHERE subject = $1`,
    [subject],
  );
  return rows[0]?.validFrom ?? 0;
}

/** All cut-offs of the last `seconds`: subject and the `iat` from which its tokens pass. */
export async function readCutOffs(db: Queryable, seconds: number): Promise<Map<string, number>> {
  const { rows } = await db.query<{ subject: string; validFrom: number }>(
    `SELECT subject, valid_from AS "validFrom" FROM token_cut_off
     WHERE cut_off_at > now() - make_interval(secs => $1)`,
    [seconds],
  );
  return new Map(rows.map(({ subject, validFrom }) => [subject, validFrom]));
}
