import { InvalidArgumentError } from 'commander';
import { scopeSyntax } from '../auth/roles';

/** Scopes or roles as an operator writes them: words of RFC 6749 §3.3, separated by spaces, each once. */
export function words(text: string): string[] {
  const list = text.split(/\s+/).filter(Boolean);
  if (list.every((word) => scopeSyntax.test(word))) return [...new Set(list)];
  throw new InvalidArgumentError('They must be words of printable ASCII without " and \\.');
}
