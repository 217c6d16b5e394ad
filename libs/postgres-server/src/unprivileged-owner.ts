import { readFile } from 'node:fs/promises';

/** The user and group ids that a process runs as. */
export type ProcessOwner = { uid: number; gid: number };

/**
 * Who a Postgres server has to run as: when we are root, which Postgres refuses, the `postgres` user or else
 * `nobody`; undefined when we are an ordinary user, who simply owns the server. Throws where root has neither.
 */
export async function unprivilegedOwner(): Promise<ProcessOwner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = chooseUnprivilegedOwner(await readFile('/etc/passwd', 'utf8'));
  if (!owner)
    throw new Error('Postgres refuses to run as root, and there is neither a postgres nor a nobody user.');
  return owner;
}

/** Decides from the text of /etc/passwd. Pure. */
export function chooseUnprivilegedOwner(passwd: string): ProcessOwner | undefined {
  const users = passwd.split('\n').map((line) => line.split(':'));
  const user = ['postgres', '_postgres', 'nobody']
    .map((name) => users.find((fields) => fields[0] === name))
    .find((fields) => Number(fields?.[2]) !== 0 && fields !== undefined);
  // macOS writes nobody's id as -2; the kernel wants the unsigned form.
  return user && { uid: Number(user[2]) >>> 0, gid: Number(user[3]) >>> 0 };
}
