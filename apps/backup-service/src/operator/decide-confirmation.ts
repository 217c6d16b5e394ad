export type Confirmation = { confirmed: true } | { confirmed: false; because: string; ask?: string };

/**
 * Whether a person has said that they mean it. In production nobody restores by habit: the name of the database has to
 * be typed, on the terminal or as `--confirm`, and `--yes` is not enough.
 */
export function decideConfirmation(facts: {
  environment: string;
  database: string;
  yes: boolean;
  /** What was typed, as an option or on the terminal. */
  typed: string | undefined;
  terminal: boolean;
}): Confirmation {
  const { database, typed } = facts;
  const production = facts.environment === 'production';
  if (typed === database) return { confirmed: true };
  if (typed !== undefined && typed !== '')
    return { confirmed: false, because: `${typed} is not ${database}; nothing was done` };
  if (facts.yes && !production) return { confirmed: true };
  if (facts.terminal)
    return {
      confirmed: false,
      because: 'it was not confirmed; nothing was done',
      ask: `Type the name of the database (${database}) to go on: `,
    };
  const how = production ? `--confirm ${database}` : '--yes';
  return { confirmed: false, because: `it was not confirmed; add ${how}` };
}
