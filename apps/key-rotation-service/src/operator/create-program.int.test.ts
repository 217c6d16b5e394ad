import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runOperator } from '@swfx/service';
import {
  captureOutput,
  createTestDatabase,
  createTestRedis,
  type CapturedOutput,
  type TestDatabase,
  type TestRedis,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import { newRing, startRotator, type TestRotator } from '../testing/start-rotator';
import { createProgram } from './create-program';

let database: TestDatabase;
let redis: TestRedis;
let operatorUrl: string;
const folder = mkdtempSync(join(tmpdir(), 'swfx-operator-'));

beforeAll(async () => {
  database = await createTestDatabase();
  redis = await createTestRedis();
  operatorUrl = await database.urlAs('swfx_operator');
});
afterAll(async () => {
  await redis.drop();
  await database.drop();
  rmSync(folder, { recursive: true });
});

function run(
  words: string[],
  changes: Record<string, string> = {},
  ask?: (question: string) => Promise<string>,
): Promise<CapturedOutput> {
  const environment = {
    DATABASE_URL: operatorUrl,
    REDIS_URL: redis.url,
    AUDIT_LOG_FILE: join(folder, 'audit.log'),
    SPOOL_DIR: join(folder, 'spool'),
    ...changes,
  };
  const program = createProgram({ environment, registry: new Registry(), ask });
  return captureOutput(() => runOperator(program, ['node', 'swfx', ...words]));
}

/** The command lines of a document, as they are printed. */
function commandsIn(document: string): string[] {
  const text = readFileSync(resolve(__dirname, '../../../..', document), 'utf8');
  return [...new Set(text.split('\n').filter((line) => line.startsWith('npx swfx keys ')))];
}

/** Takes what is due until the command has ended. */
async function serve<T>(rotator: TestRotator, command: Promise<T>): Promise<T> {
  let ended = false;
  const end = command.finally(() => (ended = true));
  while (!ended) for (const id of await rotator.due()) await rotator.run(id);
  return end;
}

describe('swfx keys', () => {
  let rotator: TestRotator;
  beforeAll(() => {
    const options = { ring: newRing(), minimumPublishedSeconds: 0, redisUrl: redis.url };
    rotator = startRotator({ ...options, databaseUrl: database.url });
  });
  afterAll(() => rotator.stop());

  it('says that there is no key yet, and lists those that there are, the one that signs first', async () => {
    expect((await run(['keys', 'list'])).out).toContain('There is no key yet');
    for (const id of await rotator.due()) await rotator.run(id);
    const { out, code } = await run(['keys', 'list']);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/KID +ALG +STATE +PUBLISHED +ACTIVATED +LEAVES +AGE/);
    expect(out.split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(/^\S{43} +ES256 +active +\S+Z +\S+Z +– +\d+$/),
      expect.stringMatching(/^\S{43} +ES256 +pending +\S+Z +– +– +\d+$/),
    ]);
    const { epoch, keys } = JSON.parse((await run(['keys', 'list', '--json'])).out);
    expect(epoch).toBe(1);
    expect(keys).toMatchObject([{ state: 'active', leaves_at: null }, { state: 'pending' }]);
  });

  it('rotates, and tells what came of it', async () => {
    const rotated = await serve(rotator, run(['keys', 'rotate']));
    expect(rotated.code).toBe(0);
    expect(rotated.out).toMatch(/^Done: \S{43} signs now; \S{43} verifies for 900 s more \(epoch 2\)\.\n$/);
    const { out } = await serve(rotator, run(['keys', 'rotate', '--json']));
    expect(JSON.parse(out)).toMatchObject({ state: 'succeeded', epoch: 3, attempts: 1 });
  });

  it('tries the alert, and ends with 1 because the rotation failed', async () => {
    const failed = await serve(rotator, run(['keys', 'rotate', '--simulate-failure']));
    expect(failed).toMatchObject({ code: 1 });
    // The service logs to the same stream here, as it runs in the same process.
    expect(failed.out).toMatch(/^It failed: an operator asked this rotation to fail\.$/m);
  });

  it('does not alarm production by mistake', async () => {
    const production = { ENVIRONMENT: 'production' };
    const refused = await run(['keys', 'rotate', '--simulate-failure', '--no-wait'], production);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('Repeat with --yes');
    const agreed = await run(['keys', 'rotate', '--simulate-failure', '--no-wait', '--yes'], production);
    expect(agreed).toMatchObject({ code: 0, out: expect.stringMatching(/^Asked: request \S{36}\.\n$/) });
  });

  const kidOf = async (state: string): Promise<string> => {
    const { keys } = JSON.parse((await run(['keys', 'list', '--json'])).out) as {
      keys: { kid: string; state: string }[];
    };
    return keys.find((key) => key.state === state)?.kid ?? '';
  };

  it('rolls a rotation back, and tells the life of a key with the reasons of each step', async () => {
    const [former, active] = [await kidOf('retiring'), await kidOf('active')];
    const done = await serve(rotator, run(['keys', 'rollback', '--yes']));
    expect(done.out).toMatch(/^Done: \S{43} signs again; \S{43} verifies for 900 s more \(epoch \d\)\.$/m);
    expect(await kidOf('active')).not.toBe(active);
    expect(former).not.toBe('');
    const { out } = await run(['keys', 'explain', active]);
    expect(out).toMatch(
      new RegExp(`^${active} \\(ES256, made for .*\\) signs no more and still verifies, until`),
    );
    expect(out).toMatch(/published +\d+ /);
    expect(out).toMatch(/began to sign +\d+ +\S{43} signs now; .* operator:/);
    expect(out).toMatch(/stopped signing +\d+ +\S{43} signs again; .* operator:/);
    expect(await run(['keys', 'explain', 'nobody'])).toMatchObject({ code: 1, out: '' });
  });

  it('revokes a key for someone who types its kid, and for nobody who types something else', async () => {
    const kid = await kidOf('active');
    const questions: string[] = [];
    const typing = (word: string) => (question: string) => (questions.push(question), Promise.resolve(word));
    const mistyped = await run(['keys', 'revoke', kid], {}, typing('yes'));
    expect(mistyped).toMatchObject({ code: 2, err: expect.stringContaining('Not done') });
    expect(questions).toEqual([`This cannot be undone. Type ${kid} to do it: `]);
    expect(await run(['keys', 'revoke', kid])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Repeat with --yes'),
    });
    for (const wrong of [kid.slice(0, -1), `${kid} `])
      expect(await run(['keys', 'revoke', wrong, '--yes'])).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('there has never been a key'),
      });
    const done = await serve(rotator, run(['keys', 'revoke', kid], {}, typing(kid)));
    expect(done.out).toMatch(/^Done: \S{43} is revoked; \S{43} signs now/m);
    expect(await kidOf('revoked')).toBe(kid);
    const { rows } = await database.pool.query<{ record: string }>(
      "SELECT record FROM audit_event WHERE record LIKE '%keys revoke%'",
    );
    expect(JSON.parse(rows[0]?.record ?? '')).toMatchObject({
      action: 'sensitive_operation_performed',
      command: `keys revoke ${kid}`,
      subject: `key:${kid}`,
    });
  });

  it('rewraps, and rotates by force, for someone who means it', async () => {
    expect((await serve(rotator, run(['keys', 'rewrap']))).out).toMatch(
      /^Done: everything is sealed and signed with/,
    );
    expect(await run(['keys', 'rotate', '--force'])).toMatchObject({ code: 2 });
    expect(await serve(rotator, run(['keys', 'rotate', '--force', '--yes']))).toMatchObject({ code: 0 });
  });

  it('examines what keeps keys from rotating, and ends with 1 when something must be done', async () => {
    const { out, code } = await run(['keys', 'doctor']);
    expect(code).toBe(1);
    expect(out).toMatch(/^schedule +ok +\*\/5 \* \* \* \*, next at /m);
    expect(out).toMatch(/^rotators +fail +no key-rotation-service is alive/m);
    expect(out).toMatch(/^lock +ok +free$/m);
    expect(out).toMatch(/^key set +ok +epoch \d+ by test:\S{43}: 1 pending, 1 active/m);
    expect(out).toMatch(/^verifiers +warn +none has acknowledged/m);
    const findings = JSON.parse((await run(['keys', 'doctor', '--json'])).out) as { check: string }[];
    expect(findings.map(({ check }) => check)).toContain('grace against TTL');
  });

  it.each(commandsIn('docs/auth_key_rotation.md'))('does what the playbook says: %s', async (line) => {
    const kid = await kidOf('active');
    const words = line.replace('"$KID"', kid).split(' ').slice(2);
    const { code } = await serve(rotator, run(words));
    // No rotator says that it is alive here, which the doctor does not overlook; and the trial is to fail.
    expect(code).toBe(/doctor|simulate/.test(line) ? 1 : 0);
  });

  it('asks without Redis too, and ends with 2 when it is used wrongly', async () => {
    const asked = await run(['keys', 'rotate', '--no-wait'], { REDIS_URL: 'redis://127.0.0.1:1' });
    expect(asked.code).toBe(0);
    expect((await run(['keys', 'turn'])).code).toBe(2);
    expect((await run(['keys', 'list'], { DATABASE_URL: '' })).code).toBe(2);
  });
});
