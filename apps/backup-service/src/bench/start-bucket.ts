import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The S3 stand-in of the tests, in another process: what it keeps must not be counted as our memory. */
export async function startBucket(): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [join(__dirname, 's3-main.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    url: line.toString().trim(),
    async stop() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}
