import { flag, integer, oneOf, operationsPort, serviceSettings, text } from '@swfx/config';
import { cronProblem } from '@swfx/messaging';
import { keyPolicySettings, keyRing, signingAlgorithms } from '@swfx/signing-keys';
import { z } from 'zod';
import { arrangeImport, jwtKeys } from './import/imported-keys';
import { policyProblems } from './rotation/rotation-policy';

const cron = () =>
  text().superRefine((value, context) => {
    const problem = cronProblem(value);
    // Not to be continued: the rules between fields can make nothing of such a schedule.
    if (problem) context.addIssue({ code: 'custom', message: problem, continue: false });
  });

/** The configuration of the key-rotation service; a combination that could refuse a valid token does not start. */
export const configSchema = z
  .object({
    ...serviceSettings,
    ...keyPolicySettings,
    PROMETHEUS_PORT: operationsPort(9090),
    KEY_ENCRYPTION_KEYS: keyRing().describe(
      'Key encryption keys, `id:base64key,…` of 32 bytes each: the first seals, all open.',
    ),
    JWT_SIGNING_ALG: oneOf(...signingAlgorithms)
      .default('ES256')
      .describe('Algorithm of the keys that are made from now on.'),
    JWT_ROTATION_SCHEDULE_CRON: cron()
      .default('*/5 * * * *')
      .describe('When the signing key is rotated: five cron fields, in UTC.'),
    JWT_ROTATION_GRACE_PERIOD_SECONDS: integer(1, 31 * 86_400)
      .default(900)
      .describe('Seconds for which a key still verifies after it has stopped signing.'),
    JWT_ROTATION_LOCK_TTL_SEC: integer(1, 3_600)
      .default(30)
      .describe('Seconds after which the lock of a rotator that died is free again.'),
    JWT_ROTATION_VERIFIER_WAIT_SECONDS: integer(1, 86_400)
      .default(60)
      .describe('Seconds that a rotation waits for a verifier before it is alerted, and again each time.'),
    JWT_KEYS: jwtKeys()
      .optional()
      .describe(
        'Keys of the system before, imported once, at the first start: JSON of kid to PEM or JWK, or a JWK Set.',
      ),
    ACTIVE_JWT_KID: text().optional().describe('The one of JWT_KEYS that signs.'),
    JWT_ROTATION_ALERT_ON_ERROR: flag()
      .default(true)
      .describe('Raise an alert when a rotation fails: at its first failure, and when it is given up.'),
    JWT_ROTATION_ALERT_ON_RETRY: flag()
      .default(false)
      .describe('Raise an alert for each retry that fails too, and for repeated lock contention.'),
  })
  .superRefine((config, context) => {
    for (const { name, message } of policyProblems(config))
      context.addIssue({ code: 'custom', path: [name], message });
    const arranged = arrangeImport(config.JWT_KEYS, config.ACTIVE_JWT_KID);
    if (typeof arranged === 'string')
      context.addIssue({ code: 'custom', path: ['ACTIVE_JWT_KID'], message: arranged });
  });

export type KeyRotationConfig = Readonly<z.output<typeof configSchema>>;
