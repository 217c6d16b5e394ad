import fc from 'fast-check';
import { cutOff } from '@swfx/signing-keys';
import { startHttpStandIn, waitUntil, type HttpStandIn } from '@swfx/testkit';
import { hashRefreshToken } from './auth/refresh/refresh-token';
import { sweepSessions } from './auth/refresh/sweep-sessions';
import { send, type RawAnswer } from './testing/raw-http';
import { rotateKeys } from './testing/rotate-keys';
import { createTestPlatform, type TestGateway, type TestPlatform } from './testing/start-test-gateway';
import { bearer } from './testing/tokens';

const password = 'correct horse battery staple';
let platform: TestPlatform;
let upstream: HttpStandIn;
/** Two gateways on one database and Redis. */
let gateways: [TestGateway, TestGateway];
let nextUser = 0;

beforeAll(async () => {
  platform = await createTestPlatform();
  upstream = await startHttpStandIn();
  await rotateKeys(platform.database.pool, platform.keyEncryptionKeys);
  const settings = { KEY_SET_POLL_SECONDS: '1' };
  gateways = [await platform.start(upstream.url, settings), await platform.start(upstream.url, settings)];
  for (const { operationsUrl } of gateways)
    await waitUntil(async () => (await fetch(`${operationsUrl}/readyz`)).ok);
});
afterAll(async () => {
  await platform.stop();
  await upstream.stop();
});

interface Tokens {
  access_token: string;
  refresh_token: string;
  scope: string;
}

const post = (path: string, body: object, headers = {}): Promise<RawAnswer> =>
  send(`${gateways[0].url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const tokensOf = (answer: RawAnswer) => JSON.parse(answer.body) as Tokens;
const refresh = (token: string) => post('/auth/refresh', { refresh_token: token });
const call = (token: string, gateway: TestGateway = gateways[0]) =>
  send(`${gateway.url}/api/x`, { headers: bearer(token) });

async function logIn(email: string): Promise<Tokens> {
  const answer = await post('/auth/login', { email, password });
  expect(answer.status).toBe(200);
  return tokensOf(answer);
}
async function newUser(): Promise<{ id: string; email: string; tokens: Tokens }> {
  const email = `user${(nextUser += 1)}@example.com`;
  const id = await platform.addUser({ email, password, scopes: ['platform:read'] });
  return { id, email, tokens: await logIn(email) };
}
async function audited(userId: string): Promise<string[]> {
  const { rows } = await platform.database.pool.query<{ record: string }>(
    `SELECT record FROM audit_event WHERE record::json->>'subject' = $1 ORDER BY id`,
    [`user:${userId}`],
  );
  return rows.map(({ record }) => {
    const { action, reason } = JSON.parse(record) as { action: string; reason?: string };
    return reason ? `${action}:${reason}` : action;
  });
}

describe('refreshing a session', () => {
  test('a refresh token becomes an access token and its successor, each good for one exchange', async () => {
    const { id, tokens } = await newUser();
    const first = await refresh(tokens.refresh_token);
    expect(first.status).toBe(200);
    expect(first.headers['cache-control']).toBe('no-store');
    const second = await refresh(tokensOf(first).refresh_token);
    expect((await call(tokensOf(second).access_token)).status).toBe(200);
    const all = [tokens, tokensOf(first), tokensOf(second)].map((each) => each.refresh_token);
    expect(new Set(all).size).toBe(3);
    expect(await audited(id)).toEqual([
      'user_login_success',
      'token_refresh_success',
      'token_refresh_success',
    ]);
  });

  test('what the database holds of a token is its hash', async () => {
    const { tokens } = await newUser();
    const answer = tokensOf(await refresh(tokens.refresh_token));
    const { rows } = await platform.database.pool.query('SELECT * FROM refresh_token');
    const stored =
      JSON.stringify(rows) + rows.map((row) => Object.values(row).map(String).join(' ')).join(' ');
    for (const token of [tokens.refresh_token, answer.refresh_token]) {
      expect(stored).not.toContain(token.slice(8));
      const hash = hashRefreshToken(token);
      expect(rows.filter((row) => hash.equals(row['token_hash'] as Buffer))).toHaveLength(1);
      const bytes = Buffer.from(token.slice(8), 'base64url');
      const columns = rows.flatMap((row) => Object.values(row)).filter(Buffer.isBuffer);
      expect(columns.some((column) => column.includes(bytes))).toBe(false);
    }
  });

  test('the same request once more, or many at once, gets the same successor', async () => {
    const { id, tokens } = await newUser();
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(tokens.refresh_token)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(new Set(answers.map((answer) => tokensOf(answer).refresh_token)).size).toBe(1);
    const successor = tokensOf(answers[0] as RawAnswer).refresh_token;
    expect((await refresh(successor)).status).toBe(200);
    expect(await audited(id)).not.toContain('token_refresh_failed:reused');
  });

  test('a token that is used again after its successor ends the session, with an audit record and an alert', async () => {
    const { id, email, tokens } = await newUser();
    const other = await logIn(email);
    const second = tokensOf(await refresh(tokens.refresh_token));
    const third = tokensOf(await refresh(second.refresh_token));
    const reused = await refresh(tokens.refresh_token);
    expect(reused.status).toBe(400);
    expect(JSON.parse(reused.body)).toMatchObject({ code: 'invalid_grant', error: 'invalid_grant' });

    expect((await refresh(third.refresh_token)).status).toBe(400);
    for (const gateway of gateways)
      await waitUntil(async () => (await call(third.access_token, gateway)).status === 401);
    expect((await audited(id)).slice(-2)).toEqual([
      'token_refresh_failed:reused',
      'suspicious_activity_detected',
    ]);
    const { rows } = await platform.database.pool.query(
      `SELECT kind, severity FROM alert WHERE incident = $1`,
      [`suspicious:refresh_reuse:${id}`],
    );
    expect(rows).toEqual([{ kind: 'suspicious_activity', severity: 'warning' }]);
    const metrics = await (await fetch(`${gateways[0].operationsUrl}/metrics`)).text();
    expect(metrics).toContain('suspicious_activity_total{pattern="refresh_reuse"} 1');
    expect(metrics).toContain('token_refresh_total{outcome="reused"} 1');

    // The user's other session is none of the thief's.
    expect((await call(other.access_token)).status).toBe(200);
    expect((await refresh(other.refresh_token)).status).toBe(200);
  });

  test('a token that nobody issued, or that is none, gets the same answer as a stolen one', async () => {
    const { tokens } = await newUser();
    const bodies = [];
    for (const token of ['abc', `swfx_rt_${'A'.repeat(43)}`, tokens.access_token.slice(0, 100)]) {
      const answer = await refresh(token);
      bodies.push([answer.status, answer.body]);
    }
    expect(new Set(bodies.map(String)).size).toBe(1);
    expect(bodies[0]?.[0]).toBe(400);
  });
});

/** What a client of one session may do next; `back`: which of its tokens, counted from the newest. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('refresh' as const), back: fc.constantFrom(0, 0, 0, 1, 2) }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'refresh at once' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('logout' as const), back: fc.nat({ max: 2 }) }) },
);

test('whatever the order of refreshing, repeating, stealing and logging out, a session goes on or ends as it should', async () => {
  const { email } = await newUser();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const tokens = [(await logIn(email)).refresh_token];
      let ended = false;
      for (const each of steps) {
        if (each.kind === 'refresh at once') {
          const answers = await Promise.all([1, 2, 3].map(() => refresh(tokens.at(-1) as string)));
          expect(answers.map(({ status }) => status)).toEqual(Array(3).fill(ended ? 400 : 200));
          const successors = new Set(ended ? [] : answers.map((answer) => tokensOf(answer).refresh_token));
          expect(successors.size).toBe(ended ? 0 : 1);
          tokens.push(...successors);
          continue;
        }
        const back = Math.min(each.back, tokens.length - 1);
        const token = tokens.at(-1 - back) as string;
        if (each.kind === 'logout') {
          expect((await post('/auth/logout', { refresh_token: token })).status).toBe(204);
          ended = true;
          continue;
        }
        const answer = await refresh(token);
        expect(answer.status).toBe(ended || back > 1 ? 400 : 200);
        if (back > 1) ended = true;
        if (ended) continue;
        // The newest is exchanged; the one before it is told its successor again.
        const successor = tokensOf(answer).refresh_token;
        expect(tokens.includes(successor)).toBe(back === 1);
        if (back === 0) tokens.push(successor);
      }
    }),
    { numRuns: 25 },
  );
});

describe('logging out', () => {
  test('ends the session at every gateway, by any token of it, and no other session', async () => {
    const { id, email, tokens } = await newUser();
    const other = await logIn(email);
    const second = tokensOf(await refresh(tokens.refresh_token));
    expect((await post('/auth/logout', { refresh_token: tokens.refresh_token })).status).toBe(204);
    expect((await refresh(second.refresh_token)).status).toBe(400);
    for (const gateway of gateways)
      await waitUntil(async () => (await call(second.access_token, gateway)).status === 401);
    expect((await call(other.access_token)).status).toBe(200);
    expect(await audited(id)).toContain('user_logged_out');
  });

  test('is no error twice, nor with a token that nobody issued', async () => {
    const { tokens } = await newUser();
    for (const token of [tokens.refresh_token, tokens.refresh_token, 'abc'])
      expect((await post('/auth/logout', { refresh_token: token })).status).toBe(204);
  });
});

test('a session whose time is over is forgotten with its tokens, and no other is', async () => {
  const { pool } = platform.database;
  const [over, going] = [await newUser(), await newUser()];
  await pool.query(`UPDATE refresh_family SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [
    over.id,
  ]);
  expect(await sweepSessions(pool)).toBeGreaterThan(0);
  const { rows } = await pool.query<{ user: string; tokens: number }>(
    `SELECT f.user_id AS user, count(t.*)::int AS tokens FROM refresh_family f
     JOIN refresh_token t ON t.family_id = f.id WHERE f.user_id = ANY ($1) GROUP BY 1`,
    [[over.id, going.id]],
  );
  expect(rows).toEqual([{ user: going.id, tokens: 1 }]);
});

describe('changing a user', () => {
  let admin: { authorization: string };
  let adminId: string;
  beforeAll(async () => {
    const email = 'admin@example.com';
    adminId = await platform.addUser({ email, password, scopes: ['admin:users'] });
    admin = bearer((await logIn(email)).access_token);
  });
  const change = (id: string, step: 'disable' | 'enable') => post(`/admin/users/${id}/${step}`, {}, admin);

  test('a disabled user is refused by every gateway; once enabled they may come back at once', async () => {
    const { id, email, tokens } = await newUser();
    for (const gateway of gateways) expect((await call(tokens.access_token, gateway)).status).toBe(200);
    expect(JSON.parse((await change(id, 'disable')).body)).toMatchObject({ id, disabled: true });
    for (const gateway of gateways)
      await waitUntil(async () => (await call(tokens.access_token, gateway)).status === 401);
    expect((await refresh(tokens.refresh_token)).status).toBe(400);
    expect((await post('/auth/login', { email, password })).status).toBe(401);

    expect(JSON.parse((await change(id, 'enable')).body)).toMatchObject({ id, disabled: false });
    const again = await logIn(email);
    for (const gateway of gateways) expect((await call(again.access_token, gateway)).status).toBe(200);
    expect((await call(tokens.access_token)).status).toBe(401);
    expect(await audited(id)).toEqual(expect.arrayContaining(['user_disabled', 'user_enabled']));
  });

  test('a token that is made while its user is being disabled does not outlive it either', async () => {
    const { id, email, tokens } = await newUser();
    const others = await Promise.all([1, 2, 3, 4].map(() => logIn(email)));
    const answers = Promise.all([
      ...others.map((other) => refresh(other.refresh_token)),
      ...[1, 2, 3, 4].map(() => post('/auth/login', { email, password })),
    ]);
    expect((await change(id, 'disable')).status).toBe(200);
    const made = (await answers).filter(({ status }) => status === 200).map(tokensOf);
    for (const gateway of gateways) {
      await waitUntil(async () => (await call(tokens.access_token, gateway)).status === 401);
      for (const each of [...others, ...made])
        expect((await call(each.access_token, gateway)).status).toBe(401);
    }
    for (const each of made) expect((await refresh(each.refresh_token)).status).toBe(400);
  });

  test('what Redis does not tell, the next poll does', async () => {
    const { id, tokens } = await newUser();
    expect((await call(tokens.access_token)).status).toBe(200);
    await cutOff(platform.database.pool, `user:${id}`);
    for (const gateway of gateways)
      await waitUntil(async () => (await call(tokens.access_token, gateway)).status === 401);
  });

  test('a gateway that was told of shorter lives finds who is cut off from a longer one', async () => {
    const { id, tokens } = await newUser();
    await platform.database.pool.query(
      `INSERT INTO token_cut_off (subject, valid_from, cut_off_at)
       VALUES ($1, extract(epoch FROM now())::bigint + 1, now() - interval '5 minutes')`,
      [`user:${id}`],
    );
    // As one that started after the user was cut off, longer ago than a token lives by its own settings.
    const settings = {
      ACCESS_TOKEN_TTL_SECONDS: '60',
      JWT_CLOCK_SKEW_SECONDS: '10',
      KEY_SET_POLL_SECONDS: '300',
    };
    const gateway = await platform.start(upstream.url, settings);
    await waitUntil(async () => (await fetch(`${gateway.operationsUrl}/readyz`)).ok);
    expect((await call(tokens.access_token, gateway)).status).toBe(401);
    expect((await call((await newUser()).tokens.access_token, gateway)).status).toBe(200);
  });

  test('other rights come with the next refresh, and the tokens of the old ones go', async () => {
    const { id, tokens } = await newUser();
    const answer = await send(`${gateways[0].url}/admin/users/${id}/rights`, {
      method: 'PUT',
      headers: { ...admin, 'content-type': 'application/json' },
      body: '{"scopes":["platform:write"],"roles":["admin"]}',
    });
    expect(JSON.parse(answer.body)).toMatchObject({ scopes: ['platform:write'], roles: ['admin'] });
    for (const gateway of gateways)
      await waitUntil(async () => (await call(tokens.access_token, gateway)).status === 401);
    const refreshed = tokensOf(await refresh(tokens.refresh_token));
    expect(refreshed.scope).toBe('platform:write admin:users');
    expect((await call(refreshed.access_token)).status).toBe(403);
  });

  test('an administrator adds and lists users, and each access is audited', async () => {
    const body = { email: 'New@Example.com', password: 'long enough it is', scopes: ['platform:read'] };
    const added = await post('/admin/users', body, admin);
    expect(added.status).toBe(201);
    expect(JSON.parse((await post('/admin/users', body, admin)).body)).toMatchObject({ code: 'user_exists' });
    const list = JSON.parse((await send(`${gateways[0].url}/admin/users`, { headers: admin })).body) as {
      users: { email: string }[];
    };
    expect(list.users.map(({ email }) => email)).toContain('new@example.com');
    expect(JSON.stringify(list)).not.toContain('argon2');
    expect((await change('00000000-0000-4000-8000-000000000000', 'disable')).status).toBe(404);
    expect((await change('nobody', 'disable')).status).toBe(404);
    expect(await accesses()).toEqual(
      expect.arrayContaining([
        ['POST', '/admin/users', 201, 'success'],
        ['POST', '/admin/users', 409, 'failure'],
        ['GET', '/admin/users', 200, 'success'],
        ['POST', '/admin/users/:id/disable', 404, 'failure'],
      ]),
    );
  });

  test.each([
    ['a weak password', { email: 'x@example.com', password: 'short' }],
    ['no address', { email: 'x', password: 'long enough it is' }],
    ['an address that cannot be stored', { email: 'x\u0000@example.com', password: 'long enough it is' }],
    ['a scope with a space', { email: 'x@example.com', password: 'long enough it is', scopes: ['a b'] }],
    ['a member that is not known', { email: 'x@example.com', password: 'long enough it is', admin: true }],
  ])('refuses a user with %s', async (_case, body) => {
    expect((await post('/admin/users', body, admin)).status).toBe(400);
  });

  test('the last administrator stays, however many would take each other away at once', async () => {
    const putRights = (id: string, body: object) =>
      send(`${gateways[1].url}/admin/users/${id}/rights`, {
        method: 'PUT',
        headers: { ...admin, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const others = [await newUser(), await newUser(), await newUser()];
    const [one, two, three] = others.map(({ id }) => id) as [string, string, string];
    for (const { id } of others) expect((await putRights(id, { roles: ['admin'] })).status).toBe(200);
    // Nobody else is one any more; whoever asks has a token from before.
    await platform.database.pool.query(
      `UPDATE app_user SET roles = '{}', scopes = array_remove(scopes, 'admin:users') WHERE NOT id = ANY ($1)`,
      [[one, two, three]],
    );
    const answers = await Promise.all([
      change(one, 'disable'),
      change(two, 'disable'),
      putRights(three, { roles: [] }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 409]);
    const refused = answers.find(({ status }) => status === 409) as RawAnswer;
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'last_administrator' });
  });

  test('whoever has no scope for it is forbidden, and audited; without a token nobody gets that far', async () => {
    const { id, tokens } = await newUser();
    const forbidden = await post('/admin/users', {}, bearer(tokens.access_token));
    expect([forbidden.status, JSON.parse(forbidden.body)]).toMatchObject([403, { scope: 'admin:users' }]);
    expect((await post('/admin/users', {})).status).toBe(401);
    expect(await accesses(id)).toEqual([['POST', '/admin/users', 403, 'denied']]);
  });

  async function accesses(by = adminId): Promise<unknown[][]> {
    const { rows } = await platform.database.pool.query<{ record: string }>(
      `SELECT record FROM audit_event
       WHERE action = 'admin_endpoint_accessed' AND record::json->>'actor' = $1 ORDER BY id`,
      [`user:${by}`],
    );
    return rows.map(({ record }) => {
      const { method, endpoint, status, outcome } = JSON.parse(record) as Record<string, unknown>;
      return [method, endpoint, status, outcome];
    });
  }
});
