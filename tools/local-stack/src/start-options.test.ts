import { parseStartOptions } from './start-options';

describe('parseStartOptions', () => {
  it('asks for nothing by default', () => {
    const options = {
      yes: false,
      reset: false,
      watch: false,
      freePorts: false,
      monitoring: false,
      stateDir: undefined,
      env: {},
    };
    expect(parseStartOptions([])).toEqual({ ok: true, options });
  });

  it('takes settings for the services, whose values may hold an equals sign', () => {
    const parsed = parseStartOptions(['--env', 'A=1', '--env', 'B=x=y', '--free-ports']);
    expect(parsed).toMatchObject({ options: { freePorts: true, env: { A: '1', B: 'x=y' } } });
  });

  it.each([
    [['--fast'], "Unknown option '--fast'."],
    [['--env', 'novalue'], '--env takes NAME=VALUE, not novalue.'],
    [['please'], "Unexpected argument 'please'."],
  ])('refuses %j in one sentence', (args, problem) => {
    expect(parseStartOptions(args)).toEqual({ ok: false, problem });
  });
});
