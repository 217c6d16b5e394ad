import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@swfx/testkit';
import { build, stop as stopEsbuild } from 'esbuild';

export interface GatewayProcesses {
  /** Starts the bundle as a process with exactly that environment. */
  spawn(environment: Record<string, string>): ChildProcess;
  /** Ends what still runs, and removes the bundle. */
  stop(): Promise<void>;
}

/** The gateway as it is deployed: bundled, in processes of its own. */
export async function bundleGateway(): Promise<GatewayProcesses> {
  const folder = mkdtempSync(join(tmpdir(), 'swfx-gateway-bundle-'));
  const bundle = join(folder, 'main.js');
  await build({
    entryPoints: [join(__dirname, '../main.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    loader: { '.node': 'copy' },
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'error',
  });
  await stopEsbuild();
  const children: ChildProcess[] = [];
  return {
    spawn(environment) {
      const files = {
        SPOOL_DIR: join(folder, 'spool'),
        AUDIT_LOG_FILE: join(folder, `audit-${children.length}.log`),
      };
      const child = spawn(process.execPath, [bundle], {
        env: { ...files, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.push(child);
      return child;
    },
    async stop() {
      for (const child of children.filter(isRunning)) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** What a process that ends by itself printed, and its exit code. */
export async function outcomeOf(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += String(text)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** Waits until a gateway says that it is ready. */
export async function untilReady(child: ChildProcess, operationsPort: number): Promise<void> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += String(text)));
  await waitUntil(
    async () => {
      if (!isRunning(child)) throw new Error(`the gateway ended: ${output}`);
      return fetch(`http://127.0.0.1:${operationsPort}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    { timeoutMs: 30_000 },
  );
}
