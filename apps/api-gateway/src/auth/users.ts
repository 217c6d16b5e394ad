import type { PoolClient, Queryable } from '@swfx/database';

/** A user as the ops database holds them. */
export interface User {
  id: string;
  /** In lower case, as it is compared. */
  email: string;
  passwordHash: string;
  roles: string[];
  scopes: string[];
  disabled: boolean;
}

/** What a user is told by and listed with: everything but the password's hash. */
export interface UserSummary {
  id: string;
  email: string;
  roles: string[];
  scopes: string[];
  disabled: boolean;
  createdAt: Date;
}

const columns = `id, email, roles, scopes, disabled_at IS NOT NULL AS disabled`;

/** The one spelling of an address: people write their own in several. */
export function normaliseEmail(email: string): string {
  return email.trim().normalize('NFC').toLowerCase();
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const subjectPrefix = 'user:' as const;

/** The pseudonymous name of a user: in tokens, in audit records, towards upstreams. */
export function subjectOf(user: Pick<User, 'id'>): `user:${string}` {
  return `${subjectPrefix}${user.id}`;
}

export async function findUserByEmail(db: Queryable, email: string): Promise<User | undefined> {
  const { rows } = await db.query<User>(
    `SELECT ${columns}, password_hash AS "passwordHash" FROM app_user WHERE email = $1`,
    [normaliseEmail(email)],
  );
  return rows[0];
}

/** The user as they are now, and keeps others from changing them until the transaction that makes a token ends. */
export async function lockUserForToken(client: PoolClient, id: string): Promise<User | undefined> {
  const { rows } = await client.query<User>(
    `SELECT ${columns}, password_hash AS "passwordHash" FROM app_user WHERE id = $1 FOR SHARE`,
    [id],
  );
  return rows[0];
}

/** The user that one of our own tokens names; an emergency token names none, and Postgres is not asked. */
export async function findUserBySubject(db: Queryable, subject: string): Promise<UserSummary | undefined> {
  if (!subject.startsWith(subjectPrefix)) return undefined;
  const { rows } = await db.query<UserSummary>(
    `SELECT ${columns}, created_at AS "createdAt" FROM app_user WHERE id = $1`,
    [subject.slice(subjectPrefix.length)],
  );
  return rows[0];
}

export async function listUsers(db: Queryable): Promise<UserSummary[]> {
  const { rows } = await db.query<UserSummary>(
    `SELECT ${columns}, created_at AS "createdAt" FROM app_user ORDER BY email`,
  );
  return rows;
}

/** Adds a user; `false` when the address is taken. */
export async function insertUser(db: Queryable, user: Omit<User, 'disabled'>): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO app_user (id, email, password_hash, roles, scopes) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (email) DO NOTHING`,
    [user.id, normaliseEmail(user.email), user.passwordHash, user.roles, user.scopes],
  );
  return rowCount === 1;
}

/** The user with that address or id, whom nobody else changes or makes a token for until the transaction ends. */
export async function lockUserForChange(
  client: PoolClient,
  user: { email: string } | { id: string },
): Promise<UserSummary | undefined> {
  if ('id' in user && !uuid.test(user.id)) return undefined;
  const [column, value] = 'email' in user ? ['email', normaliseEmail(user.email)] : ['id', user.id];
  const { rows } = await client.query<UserSummary>(
    `SELECT ${columns}, created_at AS "createdAt" FROM app_user WHERE ${column} = $1 FOR UPDATE`,
    [value],
  );
  return rows[0];
}

export async function setDisabled(client: PoolClient, id: string, disabled: boolean): Promise<void> {
  await client.query(`UPDATE app_user SET disabled_at = CASE WHEN $2 THEN now() END WHERE id = $1`, [
    id,
    disabled,
  ]);
}

export async function setRights(
  client: PoolClient,
  id: string,
  rights: { roles: readonly string[]; scopes: readonly string[] },
): Promise<void> {
  await client.query('UPDATE app_user SET roles = $2, scopes = $3 WHERE id = $1', [
    id,
    rights.roles,
    rights.scopes,
  ]);
}

/** Another hash of the same password, unless the user has another password by now. */
export async function renewPasswordHash(
  db: Queryable,
  { id, passwordHash }: Pick<User, 'id' | 'passwordHash'>,
  renewed: string,
): Promise<void> {
  await db.query('UPDATE app_user SET password_hash = $3 WHERE id = $1 AND password_hash = $2', [
    id,
    passwordHash,
    renewed,
  ]);
}

export async function setPasswordHash(client: PoolClient, id: string, passwordHash: string): Promise<void> {
  await client.query('UPDATE app_user SET password_hash = $2 WHERE id = $1', [id, passwordHash]);
}
