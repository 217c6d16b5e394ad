import { createLoggers } from './loggers';

test('writes what is at least as severe as the level, as one JSON record a line', async () => {
  const { app, close } = createLoggers({
    service: 'sample',
    environment: 'test',
    level: 'info',
    accessLogFile: '-',
  });
  const [transport] = app.transports;
  const written = new Promise<string>((resolve) => {
    transport?.once('logged', (info: Record<symbol, string>) => resolve(String(info[Symbol.for('message')])));
  });
  app.debug('not this');
  app.info('this', { password: 'correct horse', attempt: 2 });
  expect(JSON.parse(await written)).toEqual(
    expect.objectContaining({ logger: 'app', level: 'info', service: 'sample', message: 'this', attempt: 2 }),
  );
  expect(await written).not.toContain('correct horse');
  await close();
});

test('loses a line that comes after its end, and ends nothing', async () => {
  const options = { service: 'sample', environment: 'test', level: 'warn', accessLogFile: '-' };
  const { app, access, close } = createLoggers(options);
  await close();
  app.warn('too late');
  access.info('too late');
});
