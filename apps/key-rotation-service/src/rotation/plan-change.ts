import {
  accessTokenPurpose,
  generateSigningKey,
  sealPrivateKey,
  type KeyRing,
  type KeySetChange,
  type KeyTransition,
  type NewKey,
  type SigningAlgorithm,
} from '@swfx/signing-keys';
import type { RotationDecision } from './decide-rotation';

/** A decision that changes the set. */
export type ChangeDecision = Exclude<RotationDecision, { kind: 'not-due' } | { kind: 'refuse-empty-set' }>;

/** What new keys are made with. */
export interface KeyMaking {
  ring: KeyRing;
  alg: SigningAlgorithm;
  createdBy: string;
}

/** Turns a decision into the change that carries it out; makes and seals the keys that it publishes. */
export async function planChange(
  decision: ChangeDecision,
  at: Date,
  making: KeyMaking,
): Promise<KeySetChange> {
  const publish = await Promise.all(statesToPublish(decision).map((state) => makeKey(state, making)));
  return { at, transitions: transitionsOf(decision), publish };
}

function statesToPublish(decision: ChangeDecision): NewKey['state'][] {
  if (decision.kind === 'first-start') return ['active', 'pending'];
  if (decision.kind === 'publish-standby') return ['pending'];
  return decision.kind === 'promote' && decision.publishStandby ? ['pending'] : [];
}

function transitionsOf(decision: ChangeDecision): KeyTransition[] {
  if (decision.kind === 'first-start') return [];
  const retired = decision.retire.map((kid): KeyTransition => ({ kid, to: 'retired' }));
  if (decision.kind !== 'promote') return retired;
  const { demote, promote, leavesAt } = decision;
  return [...retired, { kid: demote, to: 'retiring', leavesAt }, { kid: promote, to: 'active' }];
}

async function makeKey(state: NewKey['state'], { ring, alg, createdBy }: KeyMaking): Promise<NewKey> {
  const { kid, jwk, privateKey } = await generateSigningKey(alg);
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  return {
    kid,
    alg,
    jwk,
    state,
    createdBy,
    sealed: sealPrivateKey(ring, { kid, alg, purpose: accessTokenPurpose }, pkcs8),
  };
}
