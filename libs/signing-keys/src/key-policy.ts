import { decimal, integer } from '@swfx/config';

/**
 * How long the gateway may take from reading the active key to handing out the token that it signed, in seconds. A
 * key's grace covers it, so that no token outlives its key.
 */
export const mintTimeoutSeconds = 10;

/** How far a verifier's poll may stray from its mean, as a fraction: replicas must not ask Postgres in step. */
export const keySetPollJitter = 0.2;

/** The variables on which signer and verifiers must agree; spread into the configuration of both. Unit: seconds. */
export const keyPolicySettings = {
  ACCESS_TOKEN_TTL_SECONDS: integer(1, 86_400)
    .default(600)
    .describe('Seconds for which an access token is valid.'),
  JWKS_MAX_AGE_SECONDS: integer(0, 86_400)
    .default(60)
    .describe('Seconds for which others may cache the published key set.'),
  JWT_CLOCK_SKEW_SECONDS: integer(0, 600)
    .default(60)
    .describe('Seconds by which two clocks may differ before a valid token is refused.'),
  KEY_SET_POLL_SECONDS: decimal(0.5, 300)
    .default(5)
    .describe('Seconds between two reads of the key set by each gateway, ± 20 %.'),
};
