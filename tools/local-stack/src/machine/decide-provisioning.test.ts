import { decideProvisioning } from './decide-provisioning';
import type { Machine } from './decide-provisioning';
import type { Programs } from './programs';

const found = { found: true } as Programs['postgres'];
const complete: Programs = {
  postgres: found,
  redisServer: '/r',
  zstd: '/z',
  jq: '/j',
  curl: '/c',
  monitoring: {},
};
const nothing: Programs = {
  postgres: { found: false, missing: 'both', majors: [], reason: '' },
  monitoring: {},
};
const quiet = { yes: false, forTests: false, monitoring: false };
const willing = { ...quiet, yes: true };
const server: Machine = { hasApt: true, isRoot: true, canSudo: false, hasTerminal: false };

describe('decideProvisioning', () => {
  it('does nothing where everything is there', () => {
    expect(decideProvisioning(complete, server, quiet)).toEqual({ action: 'nothing' });
  });

  it('installs what is missing where there is no terminal, and takes along what the printed commands use', () => {
    expect(decideProvisioning(nothing, server, quiet)).toEqual({
      action: 'install',
      packages: ['postgresql', 'redis-server', 'zstd', 'jq', 'curl'],
      command: 'apt-get install -y --no-install-recommends postgresql redis-server zstd jq curl',
      reason: 'Missing on this machine: the Postgres server, redis-server, zstd.',
    });
  });

  it('installs nothing for the printed commands alone', () => {
    expect(decideProvisioning({ ...complete, jq: undefined }, server, quiet)).toEqual({ action: 'nothing' });
  });

  it('wants git for the tests alone', () => {
    expect(decideProvisioning(complete, server, quiet).action).toBe('nothing');
    expect(decideProvisioning(complete, server, { ...quiet, forTests: true })).toMatchObject({
      packages: ['git'],
    });
  });

  it('brings Prometheus, Alertmanager and the exporters only where monitoring is wanted', () => {
    expect(decideProvisioning(complete, server, { ...quiet, monitoring: true })).toMatchObject({
      packages: [
        'prometheus',
        'prometheus-alertmanager',
        'prometheus-postgres-exporter',
        'prometheus-redis-exporter',
      ],
    });
  });

  it('asks on a terminal unless it was told --yes', () => {
    const terminal = { ...server, hasTerminal: true };
    expect(decideProvisioning(nothing, terminal, quiet).action).toBe('ask');
    expect(decideProvisioning(nothing, terminal, willing).action).toBe('install');
  });

  it('installs only the client programs where only they are missing, of the major of the server', () => {
    const postgres = { found: false, missing: 'client', majors: [14, 16], reason: '' } as const;
    const decision = decideProvisioning(
      { ...complete, postgres: { ...postgres, majors: [14, 16] } },
      server,
      willing,
    );
    expect(decision).toMatchObject({ packages: ['postgresql-client-16'] });
  });

  it('uses sudo where it needs no password', () => {
    const decision = decideProvisioning(nothing, { ...server, isRoot: false, canSudo: true }, willing);
    expect(decision).toMatchObject({
      action: 'install',
      command: expect.stringMatching(/^sudo apt-get install/),
    });
  });

  it('says what to run to a user who cannot', () => {
    const decision = decideProvisioning(nothing, { ...server, isRoot: false }, willing);
    expect(decision).toMatchObject({
      action: 'refuse',
      reason: expect.stringContaining('with: sudo apt-get'),
    });
  });

  it('says what is missing where there is no apt', () => {
    const decision = decideProvisioning(nothing, { ...server, hasApt: false }, willing);
    expect(decision).toMatchObject({
      action: 'refuse',
      reason: expect.stringContaining('redis-server, zstd'),
    });
  });
});
