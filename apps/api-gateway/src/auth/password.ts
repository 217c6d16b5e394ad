/**
 * Passwords, as argon2id keeps them. The parameters are OWASP's recommendation for argon2id; they stand in each
 * hash, so that a later change of them leaves the stored hashes valid, until their users log in and get new ones.
 */
import { hash, verify } from '@node-rs/argon2';

/** 19 MiB for each call: what makes guessing on graphics cards expensive. */
const memoryKib = 19_456;
/** Passes over that memory. */
const passes = 2;
/** One thread for each call; several calls run beside each other instead. */
const lanes = 1;

/** How long a new password is, in characters. */
export const passwordLength = { minimum: 12, maximum: 1_024 };

/** The hash of a random password that nobody knows, with the same parameters: for accounts that do not exist. */
export const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$mqWhOtOLun7MuMyZlQPImg$sG5Mj9v2hoQasbnZLFxvv+2FM/NDe4vpS6EQfGF8l5g';

/** Whether a hash was made with other parameters than those of today. */
export function isOutdated(passwordHash: string): boolean {
  return !passwordHash.startsWith(`$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$`);
}

/** Hashes a password with a new salt; the result is a PHC string. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, { memoryCost: memoryKib, timeCost: passes, parallelism: lanes });
}

/**
 * Whether a password fits a hash. Without a hash the answer is no, after exactly as much work, so that the time an
 * answer takes does not tell whether an account exists.
 */
export async function verifyPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  const fits = await verify(passwordHash ?? nobodysHash, password);
  return fits && passwordHash !== undefined;
}
