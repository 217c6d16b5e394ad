import type { NoteAudit } from '@swfx/audit';
import type { KeySet, KeySetChange } from '@swfx/signing-keys';
import type { ClaimedRequest } from './rotation-requests';

/** Which keys a change promoted and took out of the set. */
export interface ChangeSummary {
  promoted: string | null;
  /** The key that signed until then. */
  previous: string | null;
  published: string[];
  retired: string[];
  revoked: string[];
}

export function summarise({ transitions, publish }: KeySetChange): ChangeSummary {
  const moved = (state: string) => transitions.filter(({ to }) => to === state).map(({ kid }) => kid);
  const born = (state: string) => publish.filter((key) => key.state === state).map(({ kid }) => kid);
  return {
    promoted: moved('active')[0] ?? born('active')[0] ?? null,
    // Of a key that was revoked while it signed, the successor is promoted in the same step.
    previous: moved('retiring')[0] ?? moved('revoked')[0] ?? null,
    published: born('pending'),
    retired: moved('retired'),
    revoked: moved('revoked'),
  };
}

/** Notes what a change did in the transaction that makes it: one record for each key that it concerns. */
export async function noteChange(
  note: NoteAudit,
  request: ClaimedRequest,
  { epoch, summary, rolledBack }: { epoch: number; summary: ChangeSummary; rolledBack: boolean },
): Promise<void> {
  const common = (kid: string) =>
    ({
      outcome: 'success',
      actor: request.requestedBy,
      subject: `key:${kid}`,
      operationId: request.id,
    }) as const;
  const { promoted, previous, published, retired, revoked } = summary;
  for (const kid of revoked)
    await note({ ...common(kid), action: 'jwt_key_revoked', fields: { kid, epoch } });
  if (promoted)
    await note({
      ...common(promoted),
      action: rolledBack ? 'jwt_key_rolled_back' : 'jwt_key_rotated',
      fields: { kid: promoted, previous_kid: previous, epoch },
    });
  for (const kid of published)
    await note({ ...common(kid), action: 'jwt_key_published', fields: { kid, epoch } });
  for (const kid of retired)
    await note({ ...common(kid), action: 'jwt_key_retired', fields: { kid, epoch } });
}

/** Notes that rows which no verifier believed hold from now on. */
export async function noteAdoption(
  note: NoteAudit,
  request: ClaimedRequest,
  { from, to }: { from: KeySet; to: KeySet },
): Promise<void> {
  await note({
    action: 'jwt_key_set_adopted',
    outcome: 'success',
    actor: request.requestedBy,
    subject: null,
    operationId: request.id,
    fields: { epoch: to.epoch, previous_epoch: from.epoch, keys: to.keys.length },
  });
}
