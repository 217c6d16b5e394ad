import { flag, integer, secret, serviceSettings } from '@swfx/config';
import { configField, configFieldsOf } from './config-fields';
import { serviceNames, services } from './services';

test('tells of a variable what its schema says', () => {
  expect(configField('A', integer(1, 9).default(3).describe('A number.'))).toEqual({
    name: 'A',
    description: 'A number.',
    accepts: 'a whole number between 1 and 9',
    secret: false,
    defaultValue: '3',
    required: false,
  });
  expect(configField('B', secret().optional())).toMatchObject({
    secret: true,
    required: false,
    accepts: 'text',
  });
  expect(configField('C', flag().default(true).describe('C.'))).toMatchObject({ defaultValue: 'true' });
  expect(configField('D', serviceSettings.REDIS_URL)).toMatchObject({ secret: true, required: true });
});

describe.each(serviceNames)('%s', (service) => {
  const fields = configFieldsOf(service);
  const defaultOf = (name: string) => fields.find((field) => field.name === name)?.defaultValue;

  test('describes each of its variables in a sentence', () => {
    expect(fields.filter(({ description }) => !/\.$/.test(description)).map(({ name }) => name)).toEqual([]);
  });

  test('gives no secret a default', () => {
    expect(fields.filter(({ secret, defaultValue }) => secret && defaultValue !== undefined)).toEqual([]);
  });

  test('listens on the ports of the contract unless told otherwise', () => {
    const { public: publicPort, operations } = services[service];
    expect(defaultOf('PROMETHEUS_PORT')).toBe(String(operations));
    expect(defaultOf('HTTP_PORT')).toBe(publicPort === undefined ? undefined : String(publicPort));
  });
});
