import { chooseUnprivilegedOwner } from './unprivileged-owner';

const root = 'root:x:0:0:root:/root:/bin/bash';
const nobody = 'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin';

describe('chooseUnprivilegedOwner', () => {
  it('prefers the postgres user', () => {
    const passwd = [root, nobody, 'postgres:x:101:104::/var/lib/postgresql:/bin/bash'].join('\n');
    expect(chooseUnprivilegedOwner(passwd)).toEqual({ uid: 101, gid: 104 });
  });

  it('falls back to nobody', () => {
    expect(chooseUnprivilegedOwner([root, nobody].join('\n'))).toEqual({ uid: 65534, gid: 65534 });
  });

  it('never names root', () => {
    expect(chooseUnprivilegedOwner([root, 'postgres:x:0:0::/:/bin/sh'].join('\n'))).toBeUndefined();
  });
});
