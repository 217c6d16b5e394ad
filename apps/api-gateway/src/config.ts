import {
  integer,
  json,
  keyRing,
  oneOf,
  operationsPort,
  port,
  secret,
  serviceSettings,
  text,
  url,
  type KeyRing,
} from '@swfx/config';
import { keyPolicySettings, keySetTrust } from '@swfx/signing-keys';
import type { BlockList } from 'node:net';
import { z } from 'zod';
import { breakGlassKey } from './auth/break-glass';
import { readNetworks } from './auth/client-address';
import { routesSchema } from './proxy/route-table';

/** Who makes access tokens and for whom, as they say themselves. */
export const tokenNameSettings = {
  TOKEN_ISSUER: text().default('smartwalletfx').describe('The `iss` of access tokens.'),
  TOKEN_AUDIENCE: text().default('smartwalletfx-platform').describe('The `aud` of access tokens.'),
};

/** How a gateway keeps sessions, and what it makes of failures. */
const identitySettings = {
  REFRESH_TOKEN_TTL_SECONDS: integer(60, 31_536_000)
    .default(1_209_600)
    .describe('Seconds for which a refresh token that is not used is valid.'),
  REFRESH_FAMILY_TTL_SECONDS: integer(60, 31_536_000)
    .default(2_592_000)
    .describe('Seconds after a login by which its session ends, however often it is refreshed.'),
  REFRESH_GRACE_SECONDS: integer(0, 60)
    .default(45)
    .describe(
      'Seconds in which a repeated refresh gets the same successor; afterwards it counts as a theft.',
    ),

  LOGIN_ACCOUNT_FREE_FAILURES: integer(1, 1_000)
    .default(5)
    .describe('Failed logins at one account, with the last of which its first lock begins.'),
  LOGIN_ADDRESS_FREE_FAILURES: integer(1, 100_000)
    .default(50)
    .describe(
      'Failed logins from one address (of IPv6: one /64), with the last of which its first lock begins.',
    ),
  LOGIN_LOCK_SECONDS: integer(1, 86_400)
    .default(30)
    .describe('Seconds of the first lock; each further one is twice as long.'),
  LOGIN_LOCK_MAX_SECONDS: integer(1, 86_400).default(900).describe('Seconds of the longest lock.'),
  LOGIN_FAILURE_WINDOW_SECONDS: integer(1, 604_800)
    .default(3_600)
    .describe('Seconds without an attempt after which failed logins are forgotten.'),

  SUSPICIOUS_WINDOW_SECONDS: integer(1, 86_400)
    .default(300)
    .describe('Seconds over which suspicious patterns are counted for one source.'),
  SUSPICIOUS_LOGIN_ACCOUNTS: integer(1, 1_000)
    .default(10)
    .describe('Accounts at which one address fails to log in: `credential_stuffing`.'),
  SUSPICIOUS_SIGNATURE_FAILURES: integer(1, 100_000)
    .default(20)
    .describe('Tokens with a signature that does not fit, from one address: `signature_failures`.'),
  SUSPICIOUS_UNKNOWN_KIDS: integer(1, 100_000)
    .default(20)
    .describe('Tokens of a key that nobody has, from one address: `unknown_kids`.'),
  TOKEN_CACHE_MAX_TOKENS: integer(0, 1_000_000)
    .default(10_000)
    .describe('Verified tokens whose signature is remembered; 0 computes it for each request.'),
};

const networks = () =>
  text().transform((value, context): BlockList => {
    const list = readNetworks(value);
    if (typeof list !== 'string') return list;
    context.addIssue({ code: 'custom', message: `has "${list}", which is no address or network` });
    return z.NEVER;
  });

/** From when on failing requests are an alert of the gateway's own, and until when. */
const errorRateSettings = {
  ERROR_RATE_WINDOW_SECONDS: integer(60, 3_600)
    .default(300)
    .describe('Seconds over which a gateway counts the requests that it answers with 5xx.'),
  ERROR_RATE_MIN_REQUESTS: integer(1, 1_000_000)
    .default(20)
    .describe('Requests in the window below which their share says nothing.'),
  ERROR_RATE_CRITICAL_PER_MILLE: integer(1, 1_000)
    .default(10)
    .describe('How many in a thousand may fail; more than that is a critical alert.'),
  ERROR_RATE_CALM_PER_MILLE: integer(0, 1_000)
    .default(5)
    .describe('How many in a thousand may fail for that alert to be over; at most as many as are critical.'),
};

/** Every variable of the gateway. */
export const configSchema = z
  .object({
    ...serviceSettings,
    PROMETHEUS_PORT: operationsPort(9101),
    HTTP_PORT: port().default(8000).describe('Port of the gateway.'),
    HTTP_HOST: text().default('0.0.0.0').describe('Address that the gateway listens on.'),
    TRUSTED_PROXIES: networks()
      .optional()
      .describe(
        'Proxies and edge gateways, as `10.0.0.0/8, ::1`. X-Forwarded-For is believed as far back as these reach and passed on from there; X-Forwarded-Proto if the peer is one of them. Each must set both itself.',
      ),

    GATEWAY_ROLE: oneOf('edge', 'issuer', 'all')
      .default('all')
      .describe(
        'An `edge` verifies and forwards, holds public keys only, and hands /auth and /admin to the issuer; an `issuer` makes tokens and forwards nothing; `all` is both.',
      ),
    ISSUER_URL: url('http', 'https').optional().describe('Where an edge finds the issuer.'),
    ...keyPolicySettings,
    KEY_ENCRYPTION_KEYS: keyRing()
      .optional()
      .describe(
        'Ring of the keys that seal private signing keys, `id:base64key,…`: the first seals, all open. Required, except for an edge, which refuses it.',
      ),
    KEY_SET_TRUST: keySetTrust()
      .optional()
      .describe(
        'Whose signature on the key set is believed, as `swfx keys doctor` prints it; by default that of the ring. An edge, which has no ring, must be told.',
      ),
    VERIFIER_LEASE_SECONDS: integer(5, 300)
      .default(30)
      .describe('Seconds for which this gateway counts as a verifier that a rotation waits for.'),
    JWT_KEYS: secret()
      .optional()
      .describe('Of the key-rotation service; an edge that is given it refuses to start.'),
    ...tokenNameSettings,
    BREAK_GLASS_PUBLIC_KEY: breakGlassKey()
      .optional()
      .describe(
        'Public half of the key for emergency tokens, as `swfx users break-glass-key` prints it; without one there are none.',
      ),
    ...identitySettings,

    BACKUP_ADMIN_URL: url('http', 'https')
      .optional()
      .describe(
        'Where the admin API of backups is: /admin/backups and /admin/restores are handed to it with the caller’s token. Not for an edge, which hands all of /admin to the issuer.',
      ),
    ROUTES: json(routesSchema).describe(
      'What is forwarded where, as JSON: `[{"prefix":"/api","upstream":"http://127.0.0.1:8001","scopes":{"read":"platform:read","write":"platform:write"}}]`. GET, HEAD and OPTIONS need the read scope, other methods the write scope.',
    ),
    REQUEST_BODY_MAX_BYTES: integer(0, 1_073_741_824)
      .default(10_485_760)
      .describe('Bytes that the body of a forwarded request may have.'),
    REQUEST_DEADLINE_SECONDS: integer(1, 3_600)
      .default(30)
      .describe('Seconds from the head of a forwarded request to the last byte of its answer.'),
    ...errorRateSettings,
  })
  .superRefine((config, context) => {
    for (const [name, message] of ruleProblems(config))
      context.addIssue({ code: 'custom', path: [name], message });
  });

export type GatewayConfig = Readonly<z.output<typeof configSchema>>;

export type IssuerConfig = GatewayConfig & { KEY_ENCRYPTION_KEYS: KeyRing };

interface Ruled {
  GATEWAY_ROLE: 'edge' | 'issuer' | 'all';
  ISSUER_URL?: string | undefined;
  KEY_ENCRYPTION_KEYS?: object | undefined;
  KEY_SET_TRUST?: object | undefined;
  JWT_KEYS?: object | undefined;
  TRUSTED_PROXIES?: object | undefined;
  LOGIN_LOCK_MAX_SECONDS: number;
  LOGIN_FAILURE_WINDOW_SECONDS: number;
  ERROR_RATE_CRITICAL_PER_MILLE: number;
  ERROR_RATE_CALM_PER_MILLE: number;
}

/** The configuration of a gateway that makes tokens; undefined for an edge. */
export function issuerConfig(config: GatewayConfig): IssuerConfig | undefined {
  const { GATEWAY_ROLE: role, KEY_ENCRYPTION_KEYS: ring } = config;
  return role === 'edge' || !ring ? undefined : { ...config, KEY_ENCRYPTION_KEYS: ring };
}

/** The rules between variables, each with what is wrong. */
function* ruleProblems(config: Ruled): Generator<[name: string, message: string]> {
  const isEdge = config.GATEWAY_ROLE === 'edge';
  if (isEdge && config.KEY_ENCRYPTION_KEYS)
    yield ['KEY_ENCRYPTION_KEYS', 'must not be given to an edge gateway, which holds nothing that can sign'];
  if (isEdge && config.JWT_KEYS)
    yield ['JWT_KEYS', 'must not be given to an edge gateway, which holds nothing that can sign'];
  if (isEdge && !config.ISSUER_URL) yield ['ISSUER_URL', 'is required for an edge gateway'];
  if (isEdge && !config.KEY_SET_TRUST) yield ['KEY_SET_TRUST', 'is required for an edge gateway'];
  if (config.GATEWAY_ROLE === 'issuer' && !config.TRUSTED_PROXIES)
    yield [
      'TRUSTED_PROXIES',
      'is required for an issuer gateway: without it every client has the address of the edge, and one that guesses passwords locks all of them out',
    ];
  if (!isEdge && !config.KEY_ENCRYPTION_KEYS) yield ['KEY_ENCRYPTION_KEYS', 'is required'];
  if (config.LOGIN_FAILURE_WINDOW_SECONDS < config.LOGIN_LOCK_MAX_SECONDS)
    yield [
      'LOGIN_FAILURE_WINDOW_SECONDS',
      'must be at least LOGIN_LOCK_MAX_SECONDS, or a lock would be forgotten before it ends',
    ];
  if (config.ERROR_RATE_CALM_PER_MILLE > config.ERROR_RATE_CRITICAL_PER_MILLE)
    yield [
      'ERROR_RATE_CALM_PER_MILLE',
      'must be at most ERROR_RATE_CRITICAL_PER_MILLE, or an alert would be over before it begins',
    ];
}
