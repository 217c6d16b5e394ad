import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writePrivateFile } from './write-private-file';

/** What the local stack makes up once and keeps: never in the repository, readable by its owner alone. */
export type Secrets = {
  postgresPassword: string;
  redisPassword: string;
  /** By login role. */
  rolePasswords: Record<string, string>;
  keyEncryptionKeys: string;
  backupEncryptionKeys: string;
  backupSigningKeys: string;
  alertIntakeToken: string;
  slackWebhookSecret: string;
  demoPassword: string;
};

/** Reads the secrets, and first makes up those that are not there: all of them at the first start. */
export async function loadSecrets(
  file: string,
  roles: string[],
): Promise<{ secrets: Secrets; isNew: boolean }> {
  const stored = await readStored(file);
  const secrets = completeSecrets(stored ?? {}, roles, randomText);
  if (JSON.stringify(stored) !== JSON.stringify(secrets)) {
    await writePrivateFile(file, `${JSON.stringify(secrets, undefined, 2)}\n`);
  }
  return { secrets, isNew: stored === undefined };
}

/** Fills the gaps, so that a stack of an older version keeps what it has. Pure. */
export function completeSecrets(
  stored: Partial<Secrets>,
  roles: string[],
  random: (bytes: number) => string,
): Secrets {
  const rolePasswords = Object.fromEntries(
    roles.map((role) => [role, stored.rolePasswords?.[role] ?? random(18)]),
  );
  return {
    postgresPassword: stored.postgresPassword ?? random(18),
    redisPassword: stored.redisPassword ?? random(18),
    rolePasswords,
    keyEncryptionKeys: stored.keyEncryptionKeys ?? newRing(random),
    backupEncryptionKeys: stored.backupEncryptionKeys ?? newRing(random),
    backupSigningKeys: stored.backupSigningKeys ?? newRing(random),
    alertIntakeToken: stored.alertIntakeToken ?? random(24),
    slackWebhookSecret: stored.slackWebhookSecret ?? random(18).replace(/[-_]/g, 'x'),
    demoPassword: stored.demoPassword ?? random(12),
  };
}

/** A ring of one key, which is written in plain base64. */
function newRing(random: (bytes: number) => string): string {
  return `local:${Buffer.from(random(32), 'base64url').toString('base64')}`;
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

async function readStored(file: string): Promise<Partial<Secrets> | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as Partial<Secrets>);
}
