import { createUpstream } from './create-upstream';

async function main(): Promise<void> {
  const { PLATFORM_DATABASE_URL, HTTP_PORT = '8001', HTTP_HOST = '127.0.0.1' } = process.env;
  if (!PLATFORM_DATABASE_URL) throw new Error('PLATFORM_DATABASE_URL is not set.');
  const upstream = await createUpstream({
    databaseUrl: PLATFORM_DATABASE_URL,
    port: Number(HTTP_PORT),
    host: HTTP_HOST,
    log: (line) => process.stderr.write(`${new Date().toISOString()} ${line}\n`),
  });
  process.stdout.write(`The sample platform's API listens on ${upstream.address}.\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void upstream.stop());
}

main().catch((error: unknown) => {
  process.stderr.write(`The sample platform cannot start: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
