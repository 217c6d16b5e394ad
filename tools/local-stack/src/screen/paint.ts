/** Colours for a terminal, or the plain text where there is none. */
export type Paint = Record<'green' | 'red' | 'yellow' | 'bold' | 'dim', (text: string) => string>;

export function paint(hasColour: boolean): Paint {
  const inColour = (code: number) => (text: string) => (hasColour ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    green: inColour(32),
    red: inColour(31),
    yellow: inColour(33),
    bold: inColour(1),
    dim: inColour(2),
  };
}
