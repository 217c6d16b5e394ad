import { statfs } from 'node:fs/promises';
import type { ServerAddress } from '../postgres-client/server-address';

/** What a server's disk has free; seen only where the server is on this machine, and its folder is where it says. */
export async function freeBytesOf(
  { host }: Pick<ServerAddress, 'host'>,
  dataDirectory: string | null,
): Promise<number | undefined> {
  const here = ['localhost', '127.0.0.1', '::1'].includes(host) || host.startsWith('/');
  if (!here || dataDirectory === null) return undefined;
  return statfs(dataDirectory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
}
