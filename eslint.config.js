import tseslint from 'typescript-eslint';
import awscdk from 'eslint-plugin-awscdk';
import prettier from 'eslint-config-prettier';

export default tseslint.config(
  { ignores: ['cdk.out/**', '.local/**', 'dist/**', 'node_modules/**'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['lib/**/*.ts', 'bin/**/*.ts'],
    plugins: { awscdk },
    rules: {
      'awscdk/require-passing-this': 'error',
      'awscdk/no-variable-construct-id': 'error',
      'awscdk/require-props-default-doc': 'error',
    },
  },
  prettier,
);
