/** A token taken apart, nothing of it trusted yet. */
export interface DecodedToken {
  /** The header's bytes and the claims' bytes, decoded from base64url. */
  header: Buffer;
  claims: Buffer;
  signature: Buffer;
  /** What the signature is over. */
  signingInput: Buffer;
}

/** Longer tokens are not looked at. Our own have about 500 characters. */
export const maximumTokenLength = 8192;

/**
 * Takes a compact JWS (RFC 7515 §7.1) apart; undefined unless it is spelled in the one canonical way: three parts,
 * base64url without padding or whitespace, unused bits zero. Two spellings of one token must not exist, or a cache
 * and a deny list disagree about it.
 */
export function decodeToken(token: string): DecodedToken | undefined {
  if (token.length > maximumTokenLength) return undefined;
  const parts = token.split('.');
  const [header, claims, signature] = parts.map(decodePart);
  if (parts.length !== 3 || !header || !claims || !signature) return undefined;
  const signingInput = Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1');
  return { header, claims, signature, signingInput };
}

function decodePart(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  // Node's decoder is lenient. Whatever it overlooked is gone when the bytes are spelled again.
  return bytes.length > 0 && bytes.toString('base64url') === part ? bytes : undefined;
}
