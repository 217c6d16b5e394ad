/**
 * Where a database is, taken apart once. The programs of Postgres take these parts from the environment, since a URL
 * on their command line would show its password to every user of the machine, and since `PGDATABASE` is no URL.
 */
import { readFileSync } from 'node:fs';
import { Secret } from '@swfx/config';
import type { ClientConfig } from 'pg';

export interface ServerAddress {
  /** A name, an address, or the folder of a Unix socket. */
  host: string;
  port: number;
  user: string;
  password: Secret | undefined;
  database: string;
  /** TLS, in the terms of libpq: `sslmode`, `sslrootcert`, `sslcert`, `sslkey`. */
  tls: Record<string, string>;
}

const tlsParameters = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];

/** Takes a `postgres://` URL apart, or says what is wrong with it without repeating it. */
export function parseServerAddress(
  url: string,
): { ok: true; address: ServerAddress } | { ok: false; problem: string } {
  if (!URL.canParse(url)) return { ok: false, problem: 'is not a URL' };
  const parsed = new URL(url);
  if (!['postgres:', 'postgresql:'].includes(parsed.protocol))
    return { ok: false, problem: 'must start with postgres://' };
  const unknown = [...parsed.searchParams.keys()].find((name) => ![...tlsParameters, 'host'].includes(name));
  if (unknown) return { ok: false, problem: `has the parameter ${unknown}, which is not understood` };
  const address = decoded(() => addressOf(parsed));
  if (!address) return { ok: false, problem: 'has a % that cannot be decoded' };
  if (address.database === '') return { ok: false, problem: 'names no database' };
  return { ok: true, address };
}

function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

function addressOf(url: URL): ServerAddress {
  const user = decodeURIComponent(url.username) || 'postgres';
  const password = decodeURIComponent(url.password);
  return {
    host:
      url.searchParams.get('host') ??
      (decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '') || 'localhost'),
    port: Number(url.port || 5432),
    user,
    password: password === '' ? undefined : new Secret(password),
    database: decodeURIComponent(url.pathname.slice(1)),
    tls: Object.fromEntries([...url.searchParams].filter(([name]) => tlsParameters.includes(name))),
  };
}

/** The address as the `pg` driver wants it: part by part, because its own URL parser does not decode every name. */
export function driverConfig(address: ServerAddress): ClientConfig {
  const { host, port, user, database } = address;
  return { host, port, user, database, password: address.password?.reveal(), ssl: driverTls(address.tls) };
}

function driverTls(tls: Record<string, string>): ClientConfig['ssl'] {
  const { sslmode, sslrootcert, sslcert, sslkey } = tls;
  if (!sslmode || ['disable', 'allow', 'prefer'].includes(sslmode)) return false;
  return {
    rejectUnauthorized: sslmode.startsWith('verify'),
    ...(sslmode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    ...(sslrootcert ? { ca: readFileSync(sslrootcert) } : {}),
    ...(sslcert ? { cert: readFileSync(sslcert) } : {}),
    ...(sslkey ? { key: readFileSync(sslkey) } : {}),
  };
}
