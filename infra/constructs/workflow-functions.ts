import type { Stack, aws_iam as iam } from 'aws-cdk-lib';
import { bundleFunctions } from './bundles.ts';
import type { Network } from './network.ts';
import { WorkflowFunction } from './workflow-function.ts';

export interface FunctionSource {
  /** The folder of the function's file, from the project's root: `functions/archive`. */
  readonly folder: string;
  readonly timeoutSeconds: number;
}

export interface WorkflowFunctionsProps<Name extends string> {
  readonly sources: Readonly<Record<Name, FunctionSource>>;
  /** Before the name of the file, in the names of the functions: `permafrost-`. */
  readonly namePrefix: string;
  /** Before the name of a function, in the ids of its resources, so that no two stacks have the same. */
  readonly idPrefix?: string;
  readonly variables: Readonly<Record<Name, Readonly<Record<string, string>>>>;
  readonly rights: Readonly<Record<Name, readonly iam.PolicyStatement[]>>;
  readonly network: Pick<Network, 'functions'>;
  readonly serviceName: string;
}

/** The functions of a stack, each in the file of its own name. Their names must differ, whatever folder they are in. */
export function workflowFunctions<Name extends string>(
  stack: Stack,
  props: WorkflowFunctionsProps<Name>,
): Readonly<Record<Name, WorkflowFunction>> {
  const names = Object.keys(props.sources) as Name[];
  const entryOf = (name: Name): string => `${props.sources[name].folder}/${kebab(name)}`;
  const bundles = bundleFunctions(stack, names.map(entryOf));
  const made = names.map((name): [Name, WorkflowFunction] => [
    name,
    new WorkflowFunction(stack, `${props.idPrefix ?? ''}${name}`, {
      functionName: `${props.namePrefix}${kebab(name)}`,
      bundle: bundles(entryOf(name)),
      timeoutSeconds: props.sources[name].timeoutSeconds,
      variables: props.variables[name],
      rights: props.rights[name],
      network: props.network,
      serviceName: props.serviceName,
    }),
  ]);
  return Object.fromEntries(made) as Record<Name, WorkflowFunction>;
}

const kebab = (name: string): string => name.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase();

/** Sources of all functions of a table of states, in one folder. */
export const sourcesOf = <Name extends string>(
  folder: string,
  states: Readonly<Record<Name, { readonly timeoutSeconds: number }>>,
): Readonly<Record<Name, FunctionSource>> =>
  Object.fromEntries(
    (Object.entries(states) as [Name, { timeoutSeconds: number }][]).map(([name, { timeoutSeconds }]) => [
      name,
      { folder, timeoutSeconds },
    ]),
  ) as Record<Name, FunctionSource>;
