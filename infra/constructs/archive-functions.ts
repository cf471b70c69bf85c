import type { Stack, aws_iam as iam } from 'aws-cdk-lib';
import { archiveStates, failureTimeoutSeconds } from '../../workflow/archive.ts';
import { archiveContracts, failureContracts, type ArchiveState } from '../../workflow/contracts.ts';
import type { ArchiveFunction, ArchiveVariables } from './archive-variables.ts';
import { bundleFunctions } from './bundles.ts';
import type { Network } from './network.ts';
import { WorkflowFunction } from './workflow-function.ts';

export interface ArchiveFunctionsProps {
  readonly prefix: string;
  readonly network: Network;
  readonly variables: ArchiveVariables;
  readonly rights: Readonly<Record<ArchiveFunction, readonly iam.PolicyStatement[]>>;
}

/** The functions of the archive workflow, each in the file of its own name. */
export function archiveFunctions(
  stack: Stack,
  props: ArchiveFunctionsProps,
): Readonly<Record<ArchiveFunction, WorkflowFunction>> {
  const bundles = bundleFunctions(stack, archiveFunctionNames.map(entryOf));
  const made = archiveFunctionNames.map((name): [ArchiveFunction, WorkflowFunction] => [
    name,
    new WorkflowFunction(stack, name, {
      functionName: `${props.prefix}-${kebab(name)}`,
      bundle: bundles(entryOf(name)),
      timeoutSeconds: isArchiveState(name) ? archiveStates[name].timeoutSeconds : failureTimeoutSeconds,
      variables: props.variables[name],
      rights: props.rights[name],
      network: props.network,
      serviceName: `${props.prefix}-archive`,
    }),
  ]);
  return Object.fromEntries(made) as Record<ArchiveFunction, WorkflowFunction>;
}

const keys = <T extends object>(value: T) => Object.keys(value) as (keyof T)[];
const kebab = (name: string): string => name.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase();
const isArchiveState = (name: ArchiveFunction): name is ArchiveState => name in archiveStates;
const archiveFunctionNames: readonly ArchiveFunction[] = [
  ...keys(archiveContracts),
  ...keys(failureContracts),
  'NotifyUncaught',
];

/** The file of a function, from the project's root, without `.ts`. */
const entryOf = (name: ArchiveFunction): string =>
  `functions/${isArchiveState(name) ? 'archive' : 'failure'}/${kebab(name)}`;
