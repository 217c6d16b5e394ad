import { execFile } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = join(__dirname, '../../install-with-apt.sh');
const policy = 'usr/sbin/policy-rc.d';
const cluster = 'etc/postgresql-common/createcluster.d/zz-swfx-no-cluster.conf';

/** The script on a root folder of its own, with an apt-get that notes what it finds in place when it is called. */
describe('install-with-apt.sh', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'swfx-apt-'));
    await mkdir(join(root, 'usr/sbin'), { recursive: true });
    await fakeProgram(
      'apt-get',
      `echo "$*" >>calls; cp ${policy} policy; cp ${cluster} cluster; exit "$RESULT"`,
    );
    await fakeProgram('update-rc.d', 'echo "update-rc.d $*" >>calls');
  });
  afterEach(() => rm(root, { recursive: true }));

  async function fakeProgram(name: string, body: string): Promise<void> {
    await writeFile(join(root, name), `#!/bin/sh\ncd ${root}\n${body}\n`);
    await chmod(join(root, name), 0o755);
  }
  const install = (packages: string[], result = 0): ReturnType<typeof run> => {
    const env = { PATH: `${root}:/usr/bin:/bin`, SWFX_ROOT: root, RESULT: String(result) };
    return run('/bin/sh', [script, ...packages], { env });
  };
  const text = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

  it('forbids services and clusters while it installs, and leaves no trace of that', async () => {
    await install(['postgresql', 'zstd']);
    expect(await text('policy')).toContain('exit 101');
    expect(await text('cluster')).toContain('create_main_cluster = false');
    expect(await readdir(join(root, 'usr/sbin'))).toEqual([]);
    await expect(access(join(root, 'etc/postgresql-common/createcluster.d'))).rejects.toThrow('ENOENT');
  });

  it('refreshes the lists, then installs without what is merely recommended', async () => {
    await install(['postgresql', 'zstd']);
    const [update, installation] = (await text('calls')).split('\n');
    expect(update).toBe('update -q');
    expect(installation).toMatch(/^install .*--no-install-recommends .*postgresql zstd$/);
  });

  it.each(['redis-server', 'prometheus', 'prometheus-alertmanager'])(
    'does not let %s start with the machine',
    async (name) => {
      await install([name]);
      expect(await text('calls')).toContain(`update-rc.d ${name} disable`);
    },
  );

  it('cleans up after an installation that failed', async () => {
    await expect(install(['postgresql'], 100)).rejects.toMatchObject({ code: 100 });
    expect(await readdir(join(root, 'usr/sbin'))).toEqual([]);
    await expect(access(join(root, cluster))).rejects.toThrow('ENOENT');
  });

  it('keeps a policy that the machine has of its own', async () => {
    await writeFile(join(root, policy), '#!/bin/sh\nexit 104\n');
    await install(['zstd']);
    expect(await text(policy)).toBe('#!/bin/sh\nexit 104\n');
  });

  it('removes what an earlier run that was killed has left', async () => {
    await writeFile(
      join(root, policy),
      '#!/bin/sh\n# swfx: only while packages are being installed\nexit 101\n',
    );
    await install(['zstd']);
    await expect(access(join(root, policy))).rejects.toThrow('ENOENT');
  });
});
