import { z } from 'zod';
import { decodePart, parseJson } from './decode-token';

/** The header of our tokens: three members, and no others. */
export interface TokenHeader {
  alg: string;
  typ?: string | undefined;
  kid: string;
}

const headerSchema = z.strictObject({ alg: z.string(), typ: z.string().optional(), kid: z.string().min(1) });

/**
 * What headers say, by their spelling: all tokens of a key have the same one, to the last character. It is a matter of
 * the text alone. Only headers under which a signature fitted are in it, so that nobody else can fill it.
 */
const genuineHeaders = new Map<string, TokenHeader>();
/** More than there are keys at a time, of all types of token. */
const maximumHeaders = 128;

/** Reads a header, still in base64url; undefined when it has another member, or is spelled in another way. */
export function readHeader(part: string): TokenHeader | undefined {
  const genuine = genuineHeaders.get(part);
  if (genuine) return genuine;
  const bytes = decodePart(part);
  return bytes && headerSchema.safeParse(parseJson(bytes)).data;
}

/** Remembers a header under which a signature fitted. */
export function rememberHeader(part: string, header: TokenHeader): void {
  if (genuineHeaders.get(part) === header) return;
  if (genuineHeaders.size >= maximumHeaders) genuineHeaders.clear();
  genuineHeaders.set(part, header);
}
