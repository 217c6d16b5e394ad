import type { PoolClient } from '@swfx/database';
import { findForgery, trustInRing, type StoredKeySet, type Verifier } from '@swfx/signing-keys';
import { openUsableKeys } from './check-key-ring';
import { decideAdoption, type AdoptionDecision } from './decide-adoption';
import { decideRevocation, type RevocationDecision } from './decide-revocation';
import { decideRollback, type RollbackDecision } from './decide-rollback';
import { decideRotation, type RotationDecision } from './decide-rotation';
import type { ChangeDecision } from './plan-change';
import type { Rotator } from './rotate';
import type { ClaimedRequest } from './rotation-requests';

export type RequestDecision =
  RotationDecision | RevocationDecision | RollbackDecision | AdoptionDecision | ChangeDecision;

/** Decides what a request comes to, on the set as it is now. */
export async function decideRequest(
  { rotator, request, client }: { rotator: Rotator; request: ClaimedRequest; client: PoolClient },
  { keySet, verifiers }: { keySet: StoredKeySet; verifiers: Verifier[] },
): Promise<RequestDecision> {
  const { policy, ring } = rotator;
  const now = keySet.readAt;
  switch (request.kind) {
    case 'rotate':
      return decideRotation({ keySet, policy, verifiers, now, force: request.force });
    case 'revoke':
      return decideRevocation({ keySet, kid: request.kid ?? '' });
    case 'rollback':
      return decideRollback({ keySet, policy, now, canSign: await kidsThatCanSign(client) });
    case 'rewrap':
      if (keySet.epoch === 0) return { kind: 'nothing-to-do', reason: 'there is no key yet' };
      return { kind: 'rewrap', reason: `everything is sealed and signed with ${ring.sealing.id} now` };
    case 'adopt':
      return decideAdoption({
        keySet,
        forgery: findForgery(keySet, trustInRing(ring)),
        seenEpoch: Math.max(0, ...verifiers.map(({ epoch }) => epoch)),
        ours: await openUsableKeys(client, keySet, ring),
      });
  }
}

async function kidsThatCanSign(client: PoolClient): Promise<Set<string>> {
  const { rows } = await client.query<{ kid: string }>('SELECT kid FROM signing_key_private');
  return new Set(rows.map(({ kid }) => kid));
}
