/**
 * Puts an object into a folder of which the disk is full at one byte after the other, and prints how each ended. It runs
 * in a process of its own, since what stands in for the disk's end is a limit on the size of every file of the process.
 */
import { execFileSync } from 'node:child_process';
import { openLocalStorage } from '../storage/local-storage';
import { longContent } from './storage-contract';

const never = new AbortController().signal;
const whole = 200_000;

async function main(root: string): Promise<void> {
  const storage = await openLocalStorage(root);
  const edges = [0, 1, 2, 511, 512, 4_095, 4_096, 65_535, 65_536, 65_537, 131_072, whole - 1];
  await storage.put('a/object', longContent(3), never);
  for (const bytes of edges) {
    limitFiles(bytes);
    const reason = await storage.put('a/object', longContent(whole), never).then(
      () => 'none',
      (error: { reason?: string }) => error.reason,
    );
    limitFiles('unlimited');
    const left = (await storage.list('')).map(({ key, sizeBytes }) => `${key} ${sizeBytes}`);
    process.stdout.write(`${JSON.stringify({ bytes, reason, left })}\n`);
  }
}

function limitFiles(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', [`--fsize=${bytes}:`, `--pid=${process.pid}`]);
}

void main(process.argv[2] as string);
