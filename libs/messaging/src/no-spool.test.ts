import { createNoSpool } from './no-spool';

test('a process that nothing comes after keeps nothing for later, and says what that means', async () => {
  const spool = createNoSpool();
  await expect(spool.append({ any: 'thing' })).rejects.toMatchObject({
    code: 'database_unavailable',
    message: expect.stringContaining('nothing was done'),
  });
  expect(spool.depth()).toBe(0);
});
