/**
 * Who may import what: data flows towards archive/, ports/ and workflow/'s contracts and errors (docs/architecture.md).
 * For each folder: the folders that nothing in it may import, and the files of workflow/ that it may.
 */
const rest = ['infra', 'cli', 'test'];

export const boundaries = {
  archive: { never: ['functions', 'tasks', ...rest], ofWorkflow: ['errors.ts'] },
  ports: { never: ['archive', 'functions', 'tasks', ...rest], ofWorkflow: ['errors.ts'] },
  workflow: { never: ['archive', 'ports', 'functions', 'tasks', ...rest], ofWorkflow: undefined },
  functions: {
    never: ['tasks', ...rest],
    ofWorkflow: [
      'errors.ts',
      'named-errors.ts',
      'contracts.ts',
      'restore-contracts.ts',
      'drill-contracts.ts',
      'expire-contracts.ts',
      'snapshot-contracts.ts',
      'environment.ts',
    ],
  },
  tasks: { never: ['functions', ...rest], ofWorkflow: ['errors.ts', 'environment.ts'] },
  cli: { never: ['functions', 'tasks', 'infra', 'test'], ofWorkflow: ['errors.ts', 'contracts.ts'] },
  infra: { never: ['cli', 'test'], ofWorkflow: undefined },
};
