import { readFileSync } from 'node:fs';

export const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Text of each section below a heading of level two, by heading; code blocks hold no headings. */
export function sections(markdown: string): Map<string, string> {
  const found = new Map<string, string>();
  let heading: string | undefined;
  let inCode = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) inCode = !inCode;
    if (!inCode && /^#{1,2} /.test(line)) heading = line.startsWith('## ') ? line.slice(3) : undefined;
    else if (heading !== undefined) found.set(heading, `${found.get(heading) ?? ''}${line}\n`);
  }
  return found;
}

/** The anchor that GitHub gives a heading. */
export const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
