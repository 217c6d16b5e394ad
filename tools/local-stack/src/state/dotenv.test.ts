import { parseDotenv } from './dotenv';

describe('parseDotenv', () => {
  it('reads settings and passes over everything else', () => {
    const text = '# a comment\nLOG_LEVEL=debug\n\nexport A="two words"\nB=x=y\r\nnot a setting\n';
    expect(parseDotenv(text)).toEqual({ LOG_LEVEL: 'debug', A: 'two words', B: 'x=y' });
  });
});
