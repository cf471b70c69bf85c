import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { boundaries } from './import-boundaries.js';

const inFolder = ([folder, { never, ofWorkflow }]) => {
  const patterns = never.map((other) => ({
    regex: `^(\\.\\./)+${other}/`,
    message: `${folder}/ must not import ${other}/`,
  }));
  if (ofWorkflow) {
    const allowed = ofWorkflow.map((file) => file.replace('.', '\\.')).join('|');
    patterns.push({
      regex: `^(\\.\\./)+workflow/(?!(${allowed})$)`,
      message: `${folder}/ may import of workflow/ only ${ofWorkflow.join(', ')}`,
    });
  }
  return { files: [`${folder}/**/*.ts`], rules: { 'no-restricted-imports': ['error', { patterns }] } };
};

export default tseslint.config(
  { ignores: ['cdk.out', '.local', 'coverage', 'node_modules'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      'max-lines': ['error', { max: 300 }],
      'no-console': 'error',
    },
  },
  ...Object.entries(boundaries).map(inFolder),
  // A list of names, each with its class: one place, so that none is forgotten.
  { files: ['workflow/errors.ts'], rules: { 'max-lines': 'off' } },
  { files: ['infra/local/**'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
);
