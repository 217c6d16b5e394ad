import eslint from '@eslint/js';
import nx from '@nx/eslint-plugin';
import * as jsoncParser from 'jsonc-eslint-parser';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** What each library may stand on: nothing above itself, and nothing that it has no need of. */
const libraries = {
  errors: [],
  config: ['errors'],
  logging: ['config'],
  metrics: [],
  'postgres-server': ['errors'],
  database: ['errors', 'config'],
  messaging: ['errors', 'config', 'logging', 'metrics', 'database'],
  audit: ['errors', 'config', 'logging', 'metrics', 'database', 'messaging'],
  alerts: ['errors', 'config', 'logging', 'metrics', 'database', 'messaging'],
  'signing-keys': ['errors', 'config', 'database'],
  service: ['errors', 'config', 'logging', 'metrics', 'database', 'messaging', 'audit', 'alerts'],
  testkit: ['errors', 'config', 'postgres-server', 'database'],
};

const depConstraints = [
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib', 'tool:slack-stand-in'] },
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:lib', 'type:tool'] },
  ...Object.entries(libraries).map(([name, below]) => ({
    sourceTag: `lib:${name}`,
    onlyDependOnLibsWithTags: [...below, 'testkit'].map((lib) => `lib:${lib}`),
  })),
];

const tests = [
  'tools/end-to-end/src/**/*.ts',
  '**/*.test.ts',
  '**/*.int.test.ts',
  '**/*.e2e.test.ts',
  '**/src/testing/*.ts',
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '.swfx/**', 'coverage/**'] },
  eslint.configs.recommended,
  {
    files: ['**/*.{mjs,cjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        require: 'readonly',
        module: 'writable',
        __dirname: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        fetch: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { enforceBuildableLibDependency: false, allow: [], depConstraints },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message:
            'Only main.ts and operator.ts read the environment; take the slice you need as an argument.',
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: '@swfx/testkit', message: 'The testkit is for tests.' },
            { name: '@swfx/slack-stand-in', message: 'The stand-in is for tests.' },
          ],
        },
      ],
    },
  },
  {
    files: [
      ...tests,
      'libs/testkit/**/*.ts',
      'tools/**/*.ts',
      '**/main.ts',
      '**/operator.ts',
      '**/src/bench/*-main.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: [...tests, 'libs/testkit/**/*.ts', 'tools/local-stack/**/*.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: tests,
    rules: {
      'max-lines': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/package.json'],
    plugins: { '@nx': nx },
    languageOptions: { parser: jsoncParser },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          buildTargets: ['typecheck'],
          ignoredFiles: [
            '**/bin/bench-*.mjs',
            '**/*.test.ts',
            '**/end-to-end/src/*.ts',
            '**/src/testing/*.ts',
            '**/src/bench/*.ts',
          ],
          checkVersionMismatches: false,
        },
      ],
    },
  },
  prettier,
);
