import {
  generateSigningKey,
  prepareKey,
  type KeyRing,
  type KeySetChange,
  type KeyTransition,
  type NewKey,
  type SigningAlgorithm,
} from '@swfx/signing-keys';
import { prepareImport, type ImportedKeys } from '../import/imported-keys';
import type { AdoptionDecision } from './decide-adoption';
import type { RevocationDecision } from './decide-revocation';
import type { RollbackDecision } from './decide-rollback';
import type { RotationDecision } from './decide-rotation';
import type { RotationPolicy } from './rotation-policy';

/** A decision that changes the set. */
export type ChangeDecision =
  | Extract<RotationDecision, { kind: 'first-start' | 'promote' | 'publish-standby' | 'retire-only' }>
  | Extract<RevocationDecision, { kind: 'revoke' }>
  | Extract<RollbackDecision, { kind: 'roll-back' }>
  | Extract<AdoptionDecision, { kind: 'adopt' }>
  | { kind: 'rewrap'; reason: string };

/** What new keys are made with. */
export interface KeyMaking {
  ring: KeyRing;
  alg: SigningAlgorithm;
  policy: RotationPolicy;
  /** Keys of the system before, for the first start. */
  imported?: ImportedKeys | undefined;
  createdBy: string;
}

/** Turns a decision into the change that carries it out; makes and seals the keys that it publishes. */
export async function planChange(
  decision: ChangeDecision,
  at: Date,
  making: KeyMaking,
): Promise<KeySetChange> {
  const change = {
    at,
    transitions: transitionsOf(decision),
    publish: await keysToPublish(decision, at, making),
  };
  return decision.kind === 'adopt' ? { ...change, epoch: decision.epoch } : change;
}

async function keysToPublish(decision: ChangeDecision, at: Date, making: KeyMaking): Promise<NewKey[]> {
  const make = (state: NewKey['state']) => makeKey(state, making);
  switch (decision.kind) {
    case 'first-start':
      if (!making.imported) return [await make('active'), await make('pending')];
      return [...prepareImport(making.imported, at, making), await make('pending')];
    case 'publish-standby':
      return [await make('pending')];
    case 'promote':
      return decision.publishStandby ? [await make('pending')] : [];
    case 'revoke':
    case 'adopt':
      return Promise.all(decision.publish.map(make));
    default:
      return [];
  }
}

function transitionsOf(decision: ChangeDecision): KeyTransition[] {
  switch (decision.kind) {
    case 'first-start':
    case 'rewrap':
      return [];
    case 'revoke':
    case 'adopt':
      return [
        ...[decision.revoke].flat().map((kid) => ({ kid, to: 'revoked' as const })),
        ...(decision.promote ? [{ kid: decision.promote, to: 'active' as const }] : []),
      ];
    case 'roll-back':
      return swap(decision);
    case 'promote':
      return [...retirements(decision), ...swap(decision)];
    default:
      return retirements(decision);
  }
}

function retirements({ retire }: { retire: string[] }): KeyTransition[] {
  return retire.map((kid) => ({ kid, to: 'retired' }));
}

function swap(decision: { promote: string; demote: string; leavesAt: Date }): KeyTransition[] {
  const { demote, promote, leavesAt } = decision;
  return [
    { kid: demote, to: 'retiring', leavesAt },
    { kid: promote, to: 'active' },
  ];
}

async function makeKey(state: NewKey['state'], { ring, alg, createdBy }: KeyMaking): Promise<NewKey> {
  return prepareKey(await generateSigningKey(alg), { ring, state, createdBy });
}
