/** The synthesized templates with what their resources became in the stack. */
import { readFileSync } from 'node:fs';
import { inject } from 'vitest';
import { readAssemblies } from '../../infra/local/template/assembly.ts';
import { account, region } from '../../infra/local/template/scope.ts';
import type { DeployedStacks, SynthesizedTemplate } from '../support/intrinsics.ts';

export function deployedStacks(): DeployedStacks & Required<Pick<DeployedStacks, 'physicalId'>> {
  const known = JSON.parse(readFileSync(inject('physicalIdsFile'), 'utf8')) as Record<string, { ref: string }>;
  const nameOf = new Map<SynthesizedTemplate, string>(
    readAssemblies(inject('assemblies')).stacks.map(({ name, template }) => [template as SynthesizedTemplate, name]),
  );
  return {
    templates: [...nameOf.keys()],
    account,
    region,
    // By its stack, as logical ids repeat.
    physicalId: (template, logicalId) => {
      const type = template.Resources[logicalId]?.Type ?? '';
      return known[`${nameOf.get(template) ?? ''}/${logicalId}/${type}`]?.ref;
    },
  };
}
