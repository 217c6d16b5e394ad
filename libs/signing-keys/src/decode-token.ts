/** A token taken apart, nothing of it trusted yet. */
export interface DecodedToken {
  /** Still in base64url: what it says can be told by its spelling. */
  header: string;
  /** The claims' bytes, decoded. */
  claims: Buffer;
  signature: Buffer;
  /** What the signature is over. */
  signingInput: Buffer;
}

/** Longer tokens are not looked at. Our own have about 500 characters. */
export const maximumTokenLength = 8192;

/**
 * Takes a compact JWS (RFC 7515 §7.1) apart; undefined unless it has three parts, and claims and signature are spelled
 * in the one canonical way: base64url without padding or whitespace, unused bits zero. Two spellings of one token must
 * not exist, or a cache and a deny list disagree about it. Whoever reads the header asks the same of it.
 */
export function decodeToken(token: string): DecodedToken | undefined {
  if (token.length > maximumTokenLength) return undefined;
  const first = token.indexOf('.');
  const last = token.lastIndexOf('.');
  // A part with a dot in it is not spelled canonically, which leaves three parts or none.
  const claims = decodePart(token.slice(first + 1, last));
  const signature = claims && decodePart(token.slice(last + 1));
  if (!signature || first === last) return undefined;
  const signingInput = Buffer.from(token.slice(0, last), 'latin1');
  return { header: token.slice(0, first), claims, signature, signingInput };
}

/** Decodes base64url; undefined for nothing, and for what is not its one canonical spelling. */
export function decodePart(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  // Node's decoder is lenient. Whatever it overlooked is gone when the bytes are spelled again.
  return bytes.length > 0 && bytes.toString('base64url') === part ? bytes : undefined;
}

/** What the bytes say as JSON; undefined when they are none. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
