/** The synthesized templates with what their resources became in the stack. */
import { readFileSync } from 'node:fs';
import { inject } from 'vitest';
import { readAssemblies } from '../../infra/local/template/assembly.ts';
import { account, region } from '../../infra/local/template/scope.ts';
import type { DeployedStacks, SynthesizedTemplate } from '../support/intrinsics.ts';

export function deployedStacks(): DeployedStacks & { readonly physicalIds: Readonly<Record<string, string>> } {
  const known = JSON.parse(readFileSync(inject('physicalIdsFile'), 'utf8')) as Record<string, { ref: string }>;
  const physicalIds = Object.fromEntries(
    Object.entries(known).map(([place, { ref }]) => [place.split('/')[1] ?? place, ref]),
  );
  const templates = readAssemblies(inject('assemblies')).stacks.map(({ template }) => template as SynthesizedTemplate);
  return { templates, account, region, physicalIds };
}
