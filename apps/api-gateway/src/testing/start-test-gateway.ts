/**
 * A gateway as tests use it: the real application on a real Postgres and Redis, with the rights of its own role,
 * in front of an upstream that the test brings. Keys are published and promoted here as the rotation service does.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@swfx/config';
import { createTestDatabase, createTestRedis, type TestDatabase, type TestRedis } from '@swfx/testkit';
import { Registry } from 'prom-client';
import { createApp, type Gateway } from '../app';
import { hashPassword } from '../auth/password';
import { insertUser } from '../auth/users';
import { configSchema } from '../config';

export interface TestGateway {
  url: string;
  operationsUrl: string;
  port: number;
  auditFile: string;
  accessFile: string;
  gateway: Gateway;
  stop(): Promise<void>;
}

export interface TestGatewayOptions {
  databaseUrl: string;
  redisUrl: string;
  upstream: string;
  keyEncryptionKeys: string;
  settings?: Record<string, string>;
}

/** Starts the application on free ports, with files of its own. */
export async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'swfx-gateway-'));
  const auditFile = join(folder, 'audit.log');
  const accessFile = join(folder, 'access.log');
  const config = loadConfig(configSchema, {
    ENVIRONMENT: 'test',
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    HTTP_PORT: '0',
    HTTP_HOST: '127.0.0.1',
    PROMETHEUS_PORT: '0',
    PROMETHEUS_HOST: '127.0.0.1',
    LOG_LEVEL: 'error',
    AUDIT_LOG_FILE: auditFile,
    ACCESS_LOG_FILE: accessFile,
    SPOOL_DIR: join(folder, 'spool'),
    KEY_ENCRYPTION_KEYS: options.keyEncryptionKeys,
    ROUTES: JSON.stringify([
      {
        prefix: '/api',
        upstream: options.upstream,
        scopes: { read: 'platform:read', write: 'platform:write' },
      },
    ]),
    ...options.settings,
  });
  const gateway = await createApp(config, { registry: new Registry() });
  return {
    url: `http://127.0.0.1:${gateway.port}`,
    operationsUrl: `http://127.0.0.1:${gateway.operationsPort}`,
    port: gateway.port,
    auditFile,
    accessFile,
    gateway,
    async stop() {
      await gateway.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface TestPlatform {
  database: TestDatabase;
  redis: TestRedis;
  keyEncryptionKeys: string;
  /** Starts a gateway on this database and Redis; ended with the platform. */
  start(upstream: string, settings?: Record<string, string>): Promise<TestGateway>;
  /** The database as the role of a gateway that makes tokens. */
  gatewayDatabaseUrl(): Promise<string>;
  addUser(user: { email: string; password: string; scopes: string[]; disabled?: boolean }): Promise<string>;
  stop(): Promise<void>;
}

/** A database and a Redis for one suite. */
export async function createTestPlatform(): Promise<TestPlatform> {
  const database = await createTestDatabase();
  const redis = await createTestRedis();
  const keyEncryptionKeys = `test:${randomBytes(32).toString('base64')}`;
  const started: TestGateway[] = [];
  let gatewayUrl: Promise<string> | undefined;
  const gatewayDatabaseUrl = () => (gatewayUrl ??= database.urlAs('swfx_gateway'));
  return {
    database,
    redis,
    keyEncryptionKeys,
    gatewayDatabaseUrl,
    async start(upstream, settings = {}) {
      const databaseUrl = await gatewayDatabaseUrl();
      const gateway = await startTestGateway({
        databaseUrl,
        redisUrl: redis.url,
        upstream,
        keyEncryptionKeys,
        settings,
      });
      started.push(gateway);
      return gateway;
    },
    async addUser({ email, password, scopes, disabled = false }) {
      const id = randomUUID();
      await insertUser(database.pool, {
        id,
        email,
        passwordHash: await hashPassword(password),
        roles: [],
        scopes,
      });
      if (disabled) await database.pool.query('UPDATE app_user SET disabled_at = now() WHERE id = $1', [id]);
      return id;
    },
    async stop() {
      for (const gateway of started) await gateway.stop();
      await redis.drop();
      await database.drop();
    },
  };
}
