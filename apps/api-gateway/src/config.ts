import { integer, json, operationsPort, port, serviceSettings, text } from '@swfx/config';
import { keyPolicySettings, keyRing } from '@swfx/signing-keys';
import { z } from 'zod';
import { routesSchema } from './proxy/route-table';

/** Every variable of the gateway. */
export const configSchema = z.object({
  ...serviceSettings,
  PROMETHEUS_PORT: operationsPort(9101),
  HTTP_PORT: port().default(8000).describe('Port of the gateway.'),
  HTTP_HOST: text().default('0.0.0.0').describe('Address that the gateway listens on.'),

  ...keyPolicySettings,
  KEY_ENCRYPTION_KEYS: keyRing().describe(
    'Ring of the keys that seal private signing keys, `id:base64key,…`: the first seals, all open.',
  ),
  TOKEN_ISSUER: text().default('smartwalletfx').describe('The `iss` of access tokens.'),
  TOKEN_AUDIENCE: text().default('smartwalletfx-platform').describe('The `aud` of access tokens.'),

  ROUTES: json(routesSchema).describe(
    'What is forwarded where, as JSON: `[{"prefix":"/api","upstream":"http://127.0.0.1:8001","scopes":{"read":"platform:read","write":"platform:write"}}]`. GET, HEAD and OPTIONS need the read scope, other methods the write scope.',
  ),
  REQUEST_BODY_MAX_BYTES: integer(0, 1_073_741_824)
    .default(10_485_760)
    .describe('Bytes that the body of a forwarded request may have.'),
  REQUEST_DEADLINE_SECONDS: integer(1, 3_600)
    .default(30)
    .describe('Seconds from the head of a forwarded request to the last byte of its answer.'),
});

export type GatewayConfig = Readonly<z.output<typeof configSchema>>;
