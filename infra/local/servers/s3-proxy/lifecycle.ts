import { elements, text } from './xml.ts';

export interface LifecycleObject {
  key: string;
  size: number;
  tags: ReadonlyMap<string, string>;
}

export interface LifecycleRule {
  prefix: string;
  tags: ReadonlyMap<string, string>;
  /** Exclusive bounds, in bytes. */
  sizeGreaterThan: number;
  sizeLessThan: number;
  /** Class of the rule's last transition of current versions. */
  storageClass: string;
}

/** From warm to cold: a transition never goes back. */
const WATERFALL = [
  'STANDARD',
  'STANDARD_IA',
  'INTELLIGENT_TIERING',
  'ONEZONE_IA',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
];

/** The enabled rules of a lifecycle configuration that move current versions to another class. */
export function transitionRules(configuration: string): LifecycleRule[] {
  return elements(configuration, 'Rule')
    .filter((rule) => text(rule, 'Status') === 'Enabled')
    .flatMap((rule): LifecycleRule[] => {
      const classes = elements(rule, 'Transition').map((transition) => text(transition, 'StorageClass') ?? '');
      const storageClass = classes.sort((a, b) => WATERFALL.indexOf(a) - WATERFALL.indexOf(b)).at(-1);
      if (storageClass === undefined) return [];
      return [
        {
          prefix: text(rule, 'Prefix') ?? '',
          tags: new Map(elements(rule, 'Tag').map((tag) => [text(tag, 'Key') ?? '', text(tag, 'Value') ?? ''])),
          sizeGreaterThan: Number(text(rule, 'ObjectSizeGreaterThan') ?? -1),
          sizeLessThan: Number(text(rule, 'ObjectSizeLessThan') ?? Infinity),
          storageClass,
        },
      ];
    });
}

/** The class that an object has once every transition has happened: the coldest of its own and those that match. */
export function classAfterTransitions(
  rules: readonly LifecycleRule[],
  object: LifecycleObject,
  current: string,
): string {
  return rules
    .filter((rule) => matches(rule, object))
    .reduce((coldest, { storageClass }) => (isColder(storageClass, coldest) ? storageClass : coldest), current);
}

function isColder(one: string, other: string): boolean {
  return WATERFALL.indexOf(one) > WATERFALL.indexOf(other);
}

function matches(rule: LifecycleRule, object: LifecycleObject): boolean {
  return (
    object.key.startsWith(rule.prefix) &&
    object.size > rule.sizeGreaterThan &&
    object.size < rule.sizeLessThan &&
    [...rule.tags].every(([name, value]) => object.tags.get(name) === value)
  );
}
