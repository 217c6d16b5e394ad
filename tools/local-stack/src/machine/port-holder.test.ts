import { listeningInode } from './port-holder';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F40 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 111 1
   1: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1
`;

describe('listeningInode', () => {
  it('finds the socket that listens, not one that is merely connected', () => {
    expect(listeningInode(table, 8000)).toBe('222');
  });

  it('finds none where nobody listens', () => {
    expect(listeningInode(table, 8001)).toBeUndefined();
  });
});
