import { randomBytes } from 'node:crypto';
import { passwordLength } from '../auth/password';

/** Exactly one of the two. */
export interface PasswordChoice {
  passwordStdin?: boolean;
  generate?: boolean;
}

export type ChosenPassword =
  { outcome: 'chosen'; password: string } | { outcome: 'refused'; problem: string };

/** 144 bits, as 24 characters. */
const generatedBytes = 18;

/** The password for a new user: made here, or the text that comes on standard input, without its last line break. */
export async function choosePassword(
  choice: PasswordChoice,
  stdin: AsyncIterable<unknown>,
): Promise<ChosenPassword> {
  if (Boolean(choice.generate) === Boolean(choice.passwordStdin))
    return { outcome: 'refused', problem: 'Give either --generate or --password-stdin.' };
  if (choice.generate)
    return { outcome: 'chosen', password: randomBytes(generatedBytes).toString('base64url') };
  let text = '';
  for await (const chunk of stdin) text += String(chunk);
  const password = text.replace(/\r?\n$/, '');
  const { minimum, maximum } = passwordLength;
  if (password.length < minimum || password.length > maximum)
    return {
      outcome: 'refused',
      problem: `A password has ${minimum} to ${maximum} characters.`,
    };
  return { outcome: 'chosen', password };
}
