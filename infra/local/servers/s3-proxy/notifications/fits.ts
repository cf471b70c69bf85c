import type { NotificationRule } from './configuration.ts';

/** What an encoder of forms leaves as it is, and what it writes. */
const encoded = /^(?:[\w\-./!'()*~+]|%[0-9A-Fa-f]{2})*$/;

/**
 * Whether a key is one that the rule's filter wants. The filter has the beginning and end of keys as messages have them, encoded: one in
 * clear that would have to be encoded fits nothing (Amazon S3 User Guide, "Configuring event notifications using object key name
 * filtering").
 */
export function fits({ prefix, suffix }: Pick<NotificationRule, 'prefix' | 'suffix'>, key: string): boolean {
  const [beginning, end] = [decoded(prefix), decoded(suffix)];
  return beginning !== undefined && end !== undefined && key.startsWith(beginning) && key.endsWith(end);
}

function decoded(text: string): string | undefined {
  if (!encoded.test(text)) return undefined;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
