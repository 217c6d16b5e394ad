import type { Queryable } from '@swfx/database';
import type { Columns } from '@swfx/service';
import type { KeyState } from '@swfx/signing-keys';

/** One thing that happened to a key; `swfx keys explain --json` prints them, times in RFC 3339. */
export interface LifeEvent {
  at: Date;
  event: string;
  epoch: number | null;
  /** The sentence that the rotator gave for it; null when its request was forgotten, after a month. */
  reason: string | null;
  by: string | null;
}

/** What is known of a key. */
export interface KeyLife {
  kid: string;
  state: KeyState;
  summary: string;
  events: LifeEvent[];
}

/** The columns of `swfx keys explain`. */
export const lifeColumns: Columns<LifeEvent> = {
  AT: ({ at }) => `${at.toISOString().slice(0, 19)}Z`,
  EVENT: ({ event }) => event,
  EPOCH: ({ epoch }) => epoch,
  WHY: ({ reason }) => reason,
  BY: ({ by }) => by,
};

interface KeyRow {
  kid: string;
  alg: string;
  state: KeyState;
  created_by: string;
  leaves_at: Date | null;
}
interface EventRow {
  at: Date;
  action: string;
  isPrevious: boolean;
  epoch: string | null;
  reason: string | null;
  by: string | null;
}

/** A key's life from the audit trail, with the reasons of the requests that moved it; undefined for an unknown kid. */
export async function explainKey(db: Queryable, kid: string): Promise<KeyLife | undefined> {
  const { rows } = await db.query<KeyRow>(
    'SELECT kid, alg, state, created_by, leaves_at FROM signing_key WHERE kid = $1',
    [kid],
  );
  const key = rows[0];
  if (!key) return undefined;
  const events = await db.query<EventRow>(
    `SELECT e.occurred_at AS at, e.action, e.record::jsonb ->> 'epoch' AS epoch, e.record::jsonb ->> 'actor' AS by,
            e.record::jsonb ->> 'previous_kid' = $1 AS "isPrevious",
            r.result AS reason
     FROM audit_event e
     LEFT JOIN rotation_request r ON r.id::text = e.record::jsonb -> 'operation' ->> 'id'
     WHERE e.action LIKE 'jwt\\_key\\_%' AND $1 IN (e.record::jsonb ->> 'kid', e.record::jsonb ->> 'previous_kid')
     ORDER BY e.occurred_at, e.id`,
    [kid],
  );
  return { kid, state: key.state, summary: summaryOf(key), events: events.rows.map(toEvent) };
}

/** Whether there is or ever was a key of that kid. */
export async function hasKey(db: Queryable, kid: string): Promise<boolean> {
  const { rowCount } = await db.query('SELECT 1 FROM signing_key WHERE kid = $1', [kid]);
  return rowCount === 1;
}

const meanings: Record<KeyState, string> = {
  pending: 'is published and does not sign yet',
  active: 'signs',
  retiring: 'signs no more and still verifies',
  retired: 'has left the set: every token that it signed had expired',
  revoked: 'was revoked: no token that it signed is accepted',
};

function summaryOf({ kid, alg, state, created_by, leaves_at }: KeyRow): string {
  const until = state === 'retiring' && leaves_at ? `, until ${leaves_at.toISOString()}` : '';
  return `${kid} (${alg}, made for ${created_by}) ${meanings[state]}${until}.`;
}

function toEvent({ at, action, isPrevious, epoch, reason, by }: EventRow): LifeEvent {
  const event = isPrevious ? 'stopped signing' : (eventNames[action] ?? action);
  return { at, event, epoch: epoch === null ? null : Number(epoch), reason, by };
}

const eventNames: Record<string, string> = {
  jwt_key_published: 'published',
  jwt_key_rotated: 'began to sign',
  jwt_key_rolled_back: 'signs again',
  jwt_key_retired: 'left the set',
  jwt_key_revoked: 'revoked',
};
