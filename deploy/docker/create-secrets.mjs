/**
 * Makes the secrets that docker-compose.yml mounts: a folder of files, one secret each, with random passwords. Run
 * once, before the first start: `node deploy/docker/create-secrets.mjs postgres://…platform-database [folder]`.
 * The folder is for its owner only; the files in it are readable, because a container's user has another id.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The login roles, and the group of each; the migrations grant rights to the groups. */
const roles = {
  gateway: 'swfx_gateway',
  rotation: 'swfx_rotation',
  backup: 'swfx_backup',
  dispatcher: 'swfx_dispatcher',
  operator: 'swfx_operator',
};

/** Where a webhook of one's own belongs; Slack refuses this one. */
const noWebhook = 'https://hooks.slack.com/services/put/yours/here';

const random = (bytes) => randomBytes(bytes).toString('base64url');
/** One key; a later one is put in front of it, behind a comma. */
const ring = () => `k1:${randomBytes(32).toString('base64')}`;
const databaseUrl = (role, password) => `postgres://${role}:${password}@postgres:5432/ops`;

/** Every secret's content by the name of its file. */
export function createSecrets(platformDatabaseUrl) {
  const superuserPassword = random(24);
  const monitorPassword = random(24);
  const logins = Object.entries(roles).map(([role, group]) => ({ role, group, password: random(24) }));
  return {
    postgres_password: superuserPassword,
    'roles.sql': [
      ...logins.map(
        ({ role, group, password }) =>
          `CREATE ROLE ${group} NOLOGIN;\nCREATE ROLE ${role} LOGIN PASSWORD '${password}' IN ROLE ${group};\n`,
      ),
      `CREATE ROLE monitor LOGIN PASSWORD '${monitorPassword}' IN ROLE pg_monitor;\n`,
    ].join(''),
    monitor_password: monitorPassword,
    migration_database_url: databaseUrl('postgres', superuserPassword),
    ...Object.fromEntries(
      logins.map(({ role, password }) => [`${role}_database_url`, databaseUrl(role, password)]),
    ),
    key_encryption_keys: ring(),
    backup_encryption_keys: ring(),
    backup_signing_keys: ring(),
    alert_intake_token: random(32),
    slack_webhook_url: noWebhook,
    backup_targets: JSON.stringify([{ name: 'platform', url: platformDatabaseUrl }]),
  };
}

function main([platformDatabaseUrl, folder = 'secrets']) {
  if (!platformDatabaseUrl || !URL.canParse(platformDatabaseUrl))
    return refuse(
      'Name the database to back up: node deploy/docker/create-secrets.mjs postgres://user:password@host/database',
    );
  if (existsSync(folder))
    return refuse(`${folder} is there already; its passwords are in use and are not replaced.`);
  mkdirSync(folder, { mode: 0o700 });
  for (const [name, content] of Object.entries(createSecrets(platformDatabaseUrl)))
    writeFileSync(join(folder, name), content, { mode: 0o644 });
}

function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 2;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main(process.argv.slice(2));
