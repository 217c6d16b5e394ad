/** Pure tests: `*.test.ts` beside the source, no network, no database. In a project's folder its own, in the root all. */
module.exports = {
  ...require('./jest.shared.cjs'),
  testMatch: ['<rootDir>/**/src/**/*.test.ts'],
  testPathIgnorePatterns: ['\\.int\\.test\\.ts$', '\\.e2e\\.test\\.ts$'],
};
