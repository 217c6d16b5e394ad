import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { z } from 'zod';
import { decimal, flag, integer, json, secretUrl, url } from './fields';
import { loadConfig } from './load-config';

const schema = z.object({
  DATABASE_URL: secretUrl('postgres'),
  HTTP_PORT: integer(0, 65535).default(8000),
  ENABLED: flag().default(false),
  UPSTREAM: url('http').optional(),
  ROUTES: json(z.array(z.object({ prefix: z.string() }))).optional(),
});
const databaseUrl = 'postgres://ops:hunter2@localhost/ops';

function secretFile(content: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'secret');
  writeFileSync(file, content);
  return file;
}

describe('loadConfig', () => {
  it('gives typed values and defaults', () => {
    const config = loadConfig(schema, {
      DATABASE_URL: databaseUrl,
      ENABLED: 'True',
      ROUTES: '[{"prefix":"/api"}]',
    });
    expect(config).toMatchObject({ HTTP_PORT: 8000, ENABLED: true, ROUTES: [{ prefix: '/api' }] });
    expect(config.DATABASE_URL.reveal()).toBe(databaseUrl);
  });

  it('names every problem at once, and prints no secret', () => {
    const load = () =>
      loadConfig(schema, {
        DATABASE_URL: 'mysql://ops:hunter2@x',
        HTTP_PORT: '99999',
        ENABLED: 'yes',
        ROUTES: '[{}]',
      });
    expect(load).toThrow(
      /DATABASE_URL must be a URL.*HTTP_PORT must be between 0 and 65535.*ENABLED must be true or false.*ROUTES is wrong at \/0\/prefix/,
    );
    expect(load).not.toThrow(/hunter2/);
  });

  it('takes a number with decimals where that makes sense, and nothing that only looks like one', () => {
    const poll = z.object({ POLL: decimal(0.5, 300) });
    expect(loadConfig(poll, { POLL: '0.5' })).toEqual({ POLL: 0.5 });
    for (const wrong of ['0.4', '301', '-1', '1e1', '.5', '5.', 'NaN'])
      expect(() => loadConfig(poll, { POLL: wrong })).toThrow(/POLL must be (a number|between 0.5 and 300)/);
  });

  it('says that a variable is required when it is absent or empty', () => {
    expect(() => loadConfig(schema, {})).toThrow('DATABASE_URL is required');
    expect(() => loadConfig(schema, { DATABASE_URL: '' })).toThrow('DATABASE_URL is required');
  });

  it('reads a secret from the file that NAME_FILE names', () => {
    const config = loadConfig(schema, { DATABASE_URL_FILE: secretFile(`${databaseUrl}\n`) });
    expect(config.DATABASE_URL.reveal()).toBe(databaseUrl);
  });

  it('follows the file, and keeps the last value that the service would have started with', () => {
    const file = secretFile(databaseUrl);
    const { DATABASE_URL: secret } = loadConfig(schema, { DATABASE_URL_FILE: file });
    const renewed = databaseUrl.replace('hunter2', 'hunter3');
    writeFileSync(file, `${renewed}\n`);
    expect(secret.reveal()).toBe(renewed);
    writeFileSync(file, 'postg');
    expect(secret.reveal()).toBe(renewed);
    rmSync(file);
    expect(secret.reveal()).toBe(renewed);
    expect(inspect(secret)).not.toContain('hunter');
  });

  it('refuses a secret given twice, and a file that is not there', () => {
    const both = { DATABASE_URL: databaseUrl, DATABASE_URL_FILE: secretFile(databaseUrl) };
    expect(() => loadConfig(schema, both)).toThrow(
      'DATABASE_URL and DATABASE_URL_FILE are both set; keep one',
    );
    expect(() => loadConfig(schema, { DATABASE_URL_FILE: '/nowhere' })).toThrow(
      /^DATABASE_URL_FILE cannot be read/,
    );
  });

  it('never prints a secret, whatever prints the configuration', () => {
    const config = loadConfig(schema, { DATABASE_URL: databaseUrl });
    const printed = [JSON.stringify(config), inspect(config, { depth: 9 }), `${String(config.DATABASE_URL)}`];
    for (const output of printed) expect(output).not.toContain('hunter2');
  });
});
