import type { NoteAudit } from '@swfx/audit';
import type { KeySetChange } from '@swfx/signing-keys';
import type { ClaimedRequest } from './rotation-requests';

/** Which keys a change promoted and took out of the set. */
export interface ChangeSummary {
  promoted: string | null;
  /** The key that signed until then. */
  previous: string | null;
  published: string[];
  retired: string[];
}

export function summarise({ transitions, publish }: KeySetChange): ChangeSummary {
  const moved = (state: string) => transitions.filter(({ to }) => to === state).map(({ kid }) => kid);
  const born = (state: string) => publish.filter((key) => key.state === state).map(({ kid }) => kid);
  return {
    promoted: moved('active')[0] ?? born('active')[0] ?? null,
    previous: moved('retiring')[0] ?? null,
    published: born('pending'),
    retired: moved('retired'),
  };
}

/** Notes what a change did in the transaction that makes it: one record for each key that it concerns. */
export async function noteChange(
  note: NoteAudit,
  request: ClaimedRequest,
  { epoch, summary }: { epoch: number; summary: ChangeSummary },
): Promise<void> {
  const common = (kid: string) =>
    ({
      outcome: 'success',
      actor: request.requestedBy,
      subject: `key:${kid}`,
      operationId: request.id,
    }) as const;
  const { promoted, previous, published, retired } = summary;
  if (promoted)
    await note({
      ...common(promoted),
      action: 'jwt_key_rotated',
      fields: { kid: promoted, previous_kid: previous, epoch },
    });
  for (const kid of published)
    await note({ ...common(kid), action: 'jwt_key_published', fields: { kid, epoch } });
  for (const kid of retired)
    await note({ ...common(kid), action: 'jwt_key_retired', fields: { kid, epoch } });
}
