/** The commands for the worst day. They need no database, and are run where the private key is: on no server. */
import { createPrivateKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadConfig, type Environment } from '@swfx/config';
import { operatorName, printJson } from '@swfx/service';
import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import { breakGlassMaxMinutes, signBreakGlassToken } from '../auth/break-glass';
import { tokenNameSettings } from '../config';
import { words } from './words';

interface TokenOptions {
  key: string;
  scopes: string[];
  minutes: number;
  json?: boolean;
}

export function addBreakGlassCommands(users: Command, environment: Environment): void {
  users
    .command('break-glass-key')
    .description('Makes a key pair for emergency tokens; the private half goes to a safe')
    .requiredOption('--out <file>', 'where the private half is written; the file must not exist')
    .option('--json', 'for programs')
    .action(({ out, json }: { out: string; json?: boolean }) => {
      const publicKey = writeKeyPair(out);
      if (json) return printJson({ public_key: publicKey, private_key_file: out });
      process.stdout.write(
        `BREAK_GLASS_PUBLIC_KEY=${publicKey}\nGive this to every gateway, and put ${out} where no server is.\n`,
      );
    });

  users
    .command('break-glass-token')
    .description('Signs an emergency token, with which gateways let an operator in without Postgres')
    .requiredOption('--key <file>', 'the private half')
    .requiredOption('--scopes <scopes>', 'what it allows, such as "platform:read"', words)
    .option('--minutes <minutes>', `how long it is good, ${breakGlassMaxMinutes} at most`, minutes, 15)
    .option('--json', 'for programs')
    .action(({ key, ...options }: TokenOptions, command: Command) => {
      if (options.scopes.length === 0)
        return command.error('Give a scope at least: without one it opens nothing.');
      const privateKey = readPrivateKey(readFileSync(key));
      if (!privateKey) return command.error(`${key} is not what break-glass-key wrote: a P-256 private key.`);
      const token = issue(privateKey, options, environment);
      if (options.json) return printJson({ access_token: token, expires_in: options.minutes * 60 });
      process.stdout.write(`${token}\n`);
    });
}

function writeKeyPair(file: string): string {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
  return publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
}

/** On that day nobody should find out at the gateway that it was the wrong file. */
function readPrivateKey(pem: Buffer): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}

function issue(
  key: KeyObject,
  { scopes, minutes: lasts }: Pick<TokenOptions, 'scopes' | 'minutes'>,
  environment: Environment,
): string {
  const { TOKEN_ISSUER, TOKEN_AUDIENCE } = loadConfig(z.object(tokenNameSettings), environment);
  const now = Math.floor(Date.now() / 1000);
  return signBreakGlassToken(key, {
    iss: TOKEN_ISSUER,
    aud: TOKEN_AUDIENCE,
    sub: operatorName(),
    client_id: 'swfx',
    iat: now,
    exp: now + lasts * 60,
    jti: randomUUID(),
    scope: scopes.join(' '),
  });
}

function minutes(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= breakGlassMaxMinutes) return value;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${breakGlassMaxMinutes}.`);
}
