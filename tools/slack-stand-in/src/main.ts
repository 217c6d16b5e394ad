import { createSlackStandIn } from './create-slack-stand-in';

async function main(): Promise<void> {
  const { HTTP_PORT = '8004', HTTP_HOST = '127.0.0.1', WEBHOOK_SECRET } = process.env;
  const standIn = await createSlackStandIn({
    port: Number(HTTP_PORT),
    host: HTTP_HOST,
    secret: WEBHOOK_SECRET,
    behaviour: { rateLimit: { perSecond: 1, burst: 10 } },
    print: (block) => process.stdout.write(`${block}\n`),
  });
  process.stdout.write(`The Slack stand-in shows its channel at ${standIn.address}/\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void standIn.stop());
}

main().catch((error: unknown) => {
  process.stderr.write(`The Slack stand-in cannot start: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
