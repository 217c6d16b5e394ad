import type { Queryable } from '@swfx/database';
import { trustInRing, type KeyRing } from '@swfx/signing-keys';
import { z } from 'zod';
import type { RotationPolicy } from './rotation-policy';

const policySchema = z.object({
  graceSeconds: z.number(),
  tokenTtlSeconds: z.number(),
  clockSkewSeconds: z.number(),
  /** The ids of the ring's keys, the sealing one first, and the names under which they sign. */
  kekIds: z.array(z.string()),
  signers: z.array(z.string()),
});

/** What a rotator works by, for operators, and for gateways, whose tokens live no longer than it allows. It holds no secret. */
export type PublishedPolicy = z.output<typeof policySchema>;

export function describePolicy(
  { graceSeconds }: RotationPolicy,
  settings: { ACCESS_TOKEN_TTL_SECONDS: number; JWT_CLOCK_SKEW_SECONDS: number },
  ring: KeyRing,
): PublishedPolicy {
  return {
    graceSeconds,
    tokenTtlSeconds: settings.ACCESS_TOKEN_TTL_SECONDS,
    clockSkewSeconds: settings.JWT_CLOCK_SKEW_SECONDS,
    kekIds: [...ring.ids],
    signers: [...trustInRing(ring).keys()],
  };
}

/** Writes the policy beside the key set, if it says something else there. */
export async function publishPolicy(db: Queryable, policy: PublishedPolicy): Promise<void> {
  const text = JSON.stringify(policy);
  await db.query('UPDATE key_set SET policy = $1::jsonb WHERE policy IS DISTINCT FROM $1::jsonb', [text]);
}

/** What the last rotator wrote; undefined when none has, or in a form of another version. */
export async function readPolicy(db: Queryable): Promise<PublishedPolicy | undefined> {
  const { rows } = await db.query<{ policy: unknown }>('SELECT policy FROM key_set');
  return policySchema.safeParse(rows[0]?.policy).data;
}
