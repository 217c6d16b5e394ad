import { relative } from 'node:path';
import { demoEmail } from './first-run/first-run';
import type { Layout } from './state/layout';
import type { Ports } from './machine/ports';

/** Five commands that work as printed, in the root of the clone. Pure. */
export function commandsToTry(layout: Layout, ports: Ports, password: string): string[] {
  const gateway = `http://localhost:${ports.gateway}`;
  const credentials = JSON.stringify({ email: demoEmail, password });
  const audit = relative(layout.root, `${layout.logsDir}/audit.log`);
  const inOwnState = layout.stateDir.endsWith('.swfx') ? '' : `SWFX_STATE_DIR=${layout.stateDir} `;
  return [
    `TOKEN=$(curl -s ${gateway}/auth/login -H 'content-type: application/json' -d '${credentials}' | jq -r .access_token)`,
    `curl -s "${gateway}/api/wallets?limit=2" -H "authorization: Bearer $TOKEN" | jq .`,
    `curl -s http://localhost:${ports.rotationOperations}/metrics | grep jwt_key_rotations_total`,
    `grep '"action":"db_backup_succeeded"' ${audit} | jq .`,
    `${inOwnState}npx swfx status`,
  ];
}
