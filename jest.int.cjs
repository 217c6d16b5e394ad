/** Tests on a real Postgres and a real Redis, which global-setup starts and global-teardown stops. */
const { join } = require('node:path');
const testkit = join(__dirname, 'libs/testkit/src');

module.exports = {
  ...require('./jest.shared.cjs'),
  testMatch: ['<rootDir>/**/src/**/*.int.test.ts'],
  globalSetup: join(testkit, 'global-setup.ts'),
  globalTeardown: join(testkit, 'global-teardown.ts'),
  testTimeout: 240_000,
  maxWorkers: 2,
};
