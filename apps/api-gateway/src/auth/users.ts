import type { Queryable } from '@swfx/database';

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

const subjectPrefix = 'user:';

/** The pseudonymous name of a user: in tokens, in audit records, towards upstreams. */
export function subjectOf(user: Pick<User, 'id'>): string {
  return `${subjectPrefix}${user.id}`;
}

export async function findUserByEmail(db: Queryable, email: string): Promise<User | undefined> {
  const { rows } = await db.query<User>(
    `SELECT ${columns}, password_hash AS "passwordHash" FROM app_user WHERE email = $1`,
    [normaliseEmail(email)],
  );
  return rows[0];
}

/** The user that one of our own tokens names. */
export async function findUserBySubject(db: Queryable, subject: string): Promise<UserSummary | undefined> {
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
