import { parseServiceList, parseStackState, serviceAddresses } from './service-addresses';

describe('serviceAddresses', () => {
  it('reads a list of names and URLs', () => {
    expect(parseServiceList('api-gateway=http://gateway:9101/, backup-service=http://backup:9102')).toEqual([
      { service: 'api-gateway', port: null, operations: 'http://gateway:9101' },
      { service: 'backup-service', port: null, operations: 'http://backup:9102' },
    ]);
  });

  it('refuses an entry that is not one, and quotes it', () => {
    expect(() => parseServiceList('api-gateway')).toThrow('"api-gateway" is not one');
  });

  it('reads the ports that the local stack wrote down', () => {
    const ports = {
      gateway: 18000,
      gatewayOperations: 19101,
      rotationOperations: 19090,
      backupOperations: 19102,
      dispatcher: 18003,
      dispatcherOperations: 19103,
    };
    expect(parseStackState(JSON.stringify({ status: 'running', ports }))[0]).toEqual({
      service: 'api-gateway',
      port: 18000,
      operations: 'http://127.0.0.1:19101',
    });
  });

  it('falls back on the published ports', () => {
    const addresses = serviceAddresses({ SWFX_STATE_DIR: '/nowhere' });
    expect(addresses.map(({ service, port }) => [service, port])).toEqual([
      ['api-gateway', 8000],
      ['key-rotation-service', null],
      ['backup-service', null],
      ['alert-dispatcher', 8003],
    ]);
  });
});
