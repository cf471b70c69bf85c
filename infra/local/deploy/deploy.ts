import { notSimulated } from '../not-simulated.ts';
import type { StackTemplate } from '../template/assembly.ts';
import { type Place, TemplateError } from '../template/errors.ts';
import { holds, resolve } from '../template/intrinsics.ts';
import { inOrder } from '../template/order.ts';
import { type Absent, type Deployed, stackScope } from '../template/scope.ts';
import type { LocalCloud } from './local-cloud.ts';
import { derivedName, type Resource } from './resource-type.ts';
import { resourceTypes } from './resource-types.ts';

/** Outputs of all stacks by their logical id. */
export type Outputs = ReadonlyMap<string, string>;

/** Fails with type, stack and logical id for a resource that is neither simulated nor listed as left out. Starts nothing. */
export function checkTypes(stacks: readonly StackTemplate[]): void {
  for (const { name, template } of stacks) {
    for (const [logicalId, { Type }] of Object.entries(template.Resources)) {
      if (Type in resourceTypes || Type in notSimulated) continue;
      throw new TemplateError(
        { stack: name, logicalId, path: '' },
        `the local stack does not know ${Type}: simulate it, or name it in not-simulated.ts with the reason`,
      );
    }
  }
}

/**
 * Deploys every stack, in order. What is there from an earlier start is kept.
 * @param afterStack called with the outputs so far, before the next stack is begun.
 */
export async function deploy(
  stacks: readonly StackTemplate[],
  cloud: LocalCloud,
  afterStack: (outputs: Outputs) => Promise<void> = () => Promise.resolve(),
): Promise<Outputs> {
  checkTypes(stacks);
  const exports = new Map<string, unknown>();
  const outputs = new Map<string, string>();
  for (const stack of stacks) {
    await deployStack(stack, cloud, exports, outputs);
    await afterStack(outputs);
  }
  cloud.physicalIds.save();
  return outputs;
}

async function deployStack(
  stack: StackTemplate,
  cloud: LocalCloud,
  exports: Map<string, unknown>,
  outputs: Map<string, string>,
): Promise<void> {
  const deployed = new Map<string, Deployed | Absent>();
  const scope = stackScope(stack, deployed, exports);
  const place = (logicalId: string, path = ''): Place => ({ stack: stack.name, logicalId, path });
  const exists = (condition: string | undefined, logicalId: string): boolean =>
    condition === undefined || holds(condition, scope, place(logicalId, 'Condition'));

  for (const logicalId of inOrder(stack)) {
    const { Type, Properties = {}, Condition } = stack.template.Resources[logicalId]!;
    if (!exists(Condition, logicalId)) continue;
    const type = resourceTypes[Type];
    const described = { stack: stack.name, logicalId, type: Type };
    if (!type) {
      deployed.set(logicalId, { ref: derivedName({ ...described, properties: {} }), absent: true });
      continue;
    }
    const properties = resolve(Properties, scope, place(logicalId, 'Properties'));
    const resource: Resource = { ...described, properties };
    const result = await type(resource, cloud);
    cloud.physicalIds.set(resource, result);
    deployed.set(logicalId, result);
  }
  for (const [name, output] of Object.entries(stack.template.Outputs)) {
    if (!exists(output.Condition, `Outputs.${name}`)) continue;
    const value = resolve(output.Value, scope, place(`Outputs.${name}`, 'Value'));
    if (typeof value === 'string') outputs.set(name, value);
    if (output.Export)
      exports.set(String(resolve(output.Export.Name, scope, place(`Outputs.${name}`, 'Export'))), value);
  }
}
