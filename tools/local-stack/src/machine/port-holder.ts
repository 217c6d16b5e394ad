import { readFile, readdir, readlink } from 'node:fs/promises';

/**
 * Who listens on a TCP port, as `name (pid 123)`; undefined where the system does not tell (another user's process,
 * a container's proxy, no /proc).
 */
export async function portHolder(port: number): Promise<string | undefined> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readText(`/proc/net/${name}`)));
  const inode = tables.map((table) => listeningInode(table, port)).find(Boolean);
  if (!inode) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (await hasSocket(pid, inode)) return `${(await readText(`/proc/${pid}/comm`)).trim()} (pid ${pid})`;
  }
  return undefined;
}

/** The inode of the socket that listens on `port` in the text of /proc/net/tcp or tcp6. Pure. */
export function listeningInode(table: string, port: number): string | undefined {
  const listening = '0A';
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.find((fields) => fields[1]?.endsWith(suffix) && fields[3] === listening)?.[9];
}

async function hasSocket(pid: string, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return links.includes(`socket:[${inode}]`);
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
