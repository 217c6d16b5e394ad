import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where a storage is, as people write it. */
export type StoragePlace =
  | { adapter: 'local'; folder: string }
  /** The prefix has no slash at either end; empty where none is named. */
  | { adapter: 's3'; bucket: string; prefix: string };

/** Reads a folder, `file://…` or `s3://bucket/prefix`; undefined where it is a URL of something else. */
export function parseStoragePlace(value: string): StoragePlace | undefined {
  if (!/^[a-z0-9+.-]+:\/\//i.test(value)) return { adapter: 'local', folder: resolve(value) };
  if (!URL.canParse(value)) return undefined;
  const url = new URL(value);
  if (url.protocol === 'file:') return { adapter: 'local', folder: fileURLToPath(url) };
  if (url.protocol !== 's3:' || url.hostname === '' || url.username !== '') return undefined;
  return { adapter: 's3', bucket: url.hostname, prefix: decodeURIComponent(trimSlashes(url.pathname)) };
}

/** Without the slashes at both ends. */
export function trimSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
