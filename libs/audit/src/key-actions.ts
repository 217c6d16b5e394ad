/** What is audited of the keys that sign. */
import { z } from 'zod';
import { failed, type ActionDefinition } from './action-definition';

/** Why a rotation attempt failed. */
export const rotationFailureReasons = [
  'database_unavailable',
  'seal_failed',
  'empty_set',
  'forged_set',
  'simulated',
  'internal',
] as const;
/** Why a verifier does not believe a key set. */
export const keySetRefusalReasons = [
  'unsigned',
  'unknown_signer',
  'bad_signature',
  'older_epoch',
  'empty',
] as const;

export const keyActions = {
  jwt_key_rotated: {
    operation: 'jwt_key_rotation',
    fields: { kid: z.string(), previous_kid: z.string().nullable(), epoch: z.number().int() },
  },
  jwt_key_published: { operation: 'jwt_key_rotation', fields: { kid: z.string(), epoch: z.number().int() } },
  jwt_key_retired: { operation: 'jwt_key_rotation', fields: { kid: z.string(), epoch: z.number().int() } },
  jwt_key_revoked: { operation: 'jwt_key_rotation', fields: { kid: z.string(), epoch: z.number().int() } },
  jwt_key_rolled_back: {
    operation: 'jwt_key_rotation',
    fields: { kid: z.string(), previous_kid: z.string().nullable(), epoch: z.number().int() },
  },
  jwt_keys_rewrapped: {
    operation: 'jwt_key_rotation',
    fields: { keys: z.number().int(), kek_id: z.string(), epoch: z.number().int() },
  },
  /** An operator made the rows of the database the set that holds, although they were unsigned, or older than another. */
  jwt_key_set_adopted: {
    operation: 'jwt_key_rotation',
    fields: { epoch: z.number().int(), previous_epoch: z.number().int(), keys: z.number().int() },
  },
  /** A verifier was given a set that it does not believe, and keeps the one that it has. */
  jwt_key_set_refused: {
    operation: 'jwt_key_set',
    fields: { reason: z.enum(keySetRefusalReasons), epoch: z.number().int(), held_epoch: z.number().int() },
  },
  jwt_key_rotation_failed: {
    operation: 'jwt_key_rotation',
    fields: { ...failed, reason: z.enum(rotationFailureReasons) },
  },
} as const satisfies Record<string, ActionDefinition>;
