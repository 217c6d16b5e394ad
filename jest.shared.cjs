/** What every kind of test shares: swc to CommonJS, and the few ESM-only packages compiled too. */
const esmOnly = ['jose', 'node-pg-migrate', 'uuid', 'glob', 'croner', '@swfx'];

module.exports = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  modulePathIgnorePatterns: ['/dist/', '/\\.nx/', '/\\.swfx/'],
  passWithNoTests: true,
  testTimeout: 30_000,
  // A pool, server or timer that a test leaks keeps the process alive; the run then fails by its deadline.
  forceExit: false,
};
