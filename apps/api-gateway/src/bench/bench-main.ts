/** The first half of `npm run bench:keys`: what verification costs; writes it into docs/benchmarks/keys.json. */
import { cpus, loadavg } from 'node:os';
import { readFileSync, writeFileSync } from 'node:fs';
import { benchVerification } from './verification';

const [file = 'docs/benchmarks/keys.json'] = process.argv.slice(2);

async function main(): Promise<void> {
  const verification = { ES256: await benchVerification('ES256'), RS256: await benchVerification('RS256') };
  for (const [alg, costs] of Object.entries(verification)) {
    process.stdout.write(`${alg}, microseconds a token, and times a bare crypto.verify:\n`);
    for (const [name, { microseconds, timesBare }] of Object.entries(costs))
      process.stdout.write(
        `${microseconds.toFixed(2).padStart(10)} ${timesBare.toFixed(2).padStart(7)} ×  ${name}\n`,
      );
  }
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    load: loadavg()[0],
  };
  writeFileSync(file, `${JSON.stringify({ ...readFigures(file), machine, verification }, null, 2)}\n`);
}

function readFigures(path: string): object {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as object;
  } catch {
    return {};
  }
}

void main();
