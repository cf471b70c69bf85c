import type { StackTemplate, TemplateResource } from './assembly.ts';
import { TemplateError } from './errors.ts';

/** The logical ids of a stack's resources, each after those that it refers to (Ref, Fn::GetAtt, Fn::Sub, DependsOn). */
export function inOrder(stack: StackTemplate): string[] {
  const { Resources } = stack.template;
  const ordered: string[] = [];
  const state = new Map<string, 'visiting' | 'done'>();
  const visit = (id: string, path: string[]): void => {
    const resource = Resources[id];
    if (!resource || state.get(id) === 'done') return;
    if (state.get(id) === 'visiting') {
      throw new TemplateError(
        { stack: stack.name, logicalId: id, path: '' },
        `circular reference: ${[...path, id].join(' -> ')}`,
      );
    }
    state.set(id, 'visiting');
    for (const other of referencesOf(resource)) visit(other, [...path, id]);
    state.set(id, 'done');
    ordered.push(id);
  };
  for (const id of Object.keys(Resources)) visit(id, []);
  return ordered;
}

function referencesOf(resource: TemplateResource): Set<string> {
  const found = new Set<string>([resource.DependsOn ?? []].flat());
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      if (key === 'Ref') found.add(String(item));
      else if (key === 'Fn::GetAtt') found.add(String(Array.isArray(item) ? item[0] : item).split('.')[0] ?? '');
      else if (key === 'Fn::Sub') {
        const template = String(Array.isArray(item) ? item[0] : item);
        for (const [, name = ''] of template.matchAll(/\$\{([^!}][^}]*)\}/g)) found.add(name.split('.')[0] ?? '');
        walk(item);
      } else walk(item);
    }
  };
  walk(resource.Properties);
  return found;
}
