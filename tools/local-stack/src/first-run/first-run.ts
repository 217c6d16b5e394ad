/** What makes every metric, log and query have something to say at once: a user, a rotation and a backup. */
import { runOperator } from './run-operator';

export const demoEmail = 'demo@smartwalletfx.test';

type Context = { root: string; env: Record<string, string>; signal?: AbortSignal };

/** Adds the demo user, who may use the platform and look after its backups; does nothing if they are there. */
export async function addDemoUser(context: Context, password: string): Promise<void> {
  const scopes = 'platform:read platform:write backups:read backups:write backups:restore';
  const args = ['users', 'add', demoEmail, '--scopes', scopes, '--password-stdin', '--if-absent'];
  await runOperator({ ...context, app: 'api-gateway', args, input: `${password}\n` });
}

/** Rotates the signing keys now. */
export async function rotateKeys(context: Context): Promise<void> {
  await runOperator({ ...context, app: 'key-rotation-service', args: ['keys', 'rotate'] });
}

/** Backs the platform database up and waits until the backup is committed. */
export async function backUpPlatform(context: Context): Promise<void> {
  await runOperator({ ...context, app: 'backup-service', args: ['backup', 'run'] });
}
