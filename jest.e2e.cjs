/** Tests of the whole stack as its own processes, on free ports, in folders of its own. */
module.exports = {
  ...require('./jest.shared.cjs'),
  testMatch: ['<rootDir>/src/**/*.e2e.test.ts'],
  testTimeout: 240_000,
  // Each stack is on ports and in a folder of its own, and waits for most of its time.
  maxWorkers: 2,
};
