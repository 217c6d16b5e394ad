/** The second half of `npm run bench:keys`: how soon every gateway knows; writes it into docs/benchmarks/keys.json. */
import { readFileSync, writeFileSync } from 'node:fs';
import { benchPropagation } from './bench-propagation';

const [file = 'docs/benchmarks/keys.json'] = process.argv.slice(2);

async function main(): Promise<void> {
  const propagation = await benchPropagation({ fast: 60, slow: 12, cutOff: 5 });
  for (const what of ['rotation', 'revocation'] as const)
    for (const [how, { samples, p50, p99 }] of Object.entries(propagation[what]))
      process.stdout.write(
        `${what} ${how}: p50 ${p50} ms, p99 ${p99} ms ${how === 'cutOffFromBoth' ? 'to the gateway that is' : 'to every gateway'} (${samples} times)\n`,
      );
  const figures = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, `${JSON.stringify({ ...figures, propagation }, null, 2)}\n`);
}

void main();
