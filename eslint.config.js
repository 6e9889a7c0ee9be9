import tseslint from 'typescript-eslint';
import awscdk from 'eslint-plugin-awscdk';
import prettier from 'eslint-config-prettier';
import { securityRules } from './tools/lint/security.js';

export default tseslint.config(
  { ignores: ['cdk.out/**', '.local/**', 'dist/**', 'node_modules/**', 'colour/simd/assembly/**'] },
  {
    files: ['**/*.ts'],
    // Rules that need types are in .oxlintrc.json.
    extends: [...tseslint.configs.recommended],
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['lib/**/*.ts', 'bin/**/*.ts'],
    plugins: { awscdk },
    languageOptions: {
      parserOptions: { project: 'tools/lint/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'awscdk/require-passing-this': 'error',
      'awscdk/no-variable-construct-id': 'error',
      'awscdk/require-props-default-doc': 'error',
    },
  },
  {
    // CloudFormation's JSON has no types; these tests read parts of it by name.
    files: ['test/lib/**/*.ts', 'test/docs/**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
    },
  },
  {
    // What commands print goes through common/terminal.ts, which escapes it.
    files: ['ami/**/*.ts', 'cli/**/*.ts', 'common/**/*.ts', 'local/**/*.ts', 'sim/**/*.ts', 'tools/**/*.ts'],
    // What measures and fuzzes prints figures of its own.
    ignores: ['common/terminal.ts', 'tools/bench/**', 'tools/fuzz/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[object.property.name=/^std(out|err)$/][property.name="write"]',
          message: 'Print by common/terminal.ts, which escapes control characters.',
        },
      ],
    },
  },
  {
    // The scripts of these pages run in browsers without a build step or types.
    files: ['local/page/*.js', 'sim/report/*.js'],
    extends: [tseslint.configs.base],
    rules: { 'no-undef': 'off', 'no-unused-vars': 'error' },
  },
  ...securityRules(),
  prettier,
);
