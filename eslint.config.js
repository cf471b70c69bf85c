import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Who may not import whom: data flows towards archive/, ports/ and workflow/'s contracts and errors. */
const forbidden = (target, ...from) => from.map((folder) => ({ target: `./${target}`, from: `./${folder}` }));
/** From workflow/ only its errors and contracts may be imported below it. */
const workflowInside = (target, ...except) => ({ target: `./${target}`, from: './workflow', except });

export default tseslint.config(
  { ignores: ['cdk.out', '.local', 'coverage', 'node_modules'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      'max-lines': ['error', { max: 300 }],
      'no-console': 'error',
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: import.meta.dirname,
          zones: [
            ...forbidden('archive', 'functions', 'tasks', 'infra', 'cli', 'test'),
            workflowInside('archive', './errors.ts'),
            workflowInside('ports', './errors.ts'),
            workflowInside('functions', './errors.ts', './contracts.ts', './environment.ts', './named-errors.ts'),
            workflowInside('tasks', './errors.ts', './environment.ts'),
            ...forbidden('ports', 'archive', 'functions', 'tasks', 'infra', 'cli', 'test'),
            ...forbidden('workflow', 'functions', 'tasks', 'infra', 'cli', 'test'),
            ...forbidden('functions', 'tasks', 'infra', 'cli', 'test'),
            ...forbidden('tasks', 'functions', 'infra', 'cli', 'test'),
            ...forbidden('infra', 'test'),
          ],
        },
      ],
    },
  },
  // A list of names, each with its class: one place, so that none is forgotten.
  { files: ['workflow/errors.ts'], rules: { 'max-lines': 'off' } },
  { files: ['infra/local/**', 'infra/app.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
);
