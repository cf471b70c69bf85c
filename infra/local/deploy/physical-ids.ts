import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Deployed } from '../template/scope.ts';
import type { Resource } from './resource-type.ts';

/** What each resource became, kept in the data directory, so that a later start finds the same key or secret again. */
export class PhysicalIds {
  readonly #file: string;
  readonly #known: Record<string, Deployed>;

  constructor(file: string) {
    this.#file = file;
    this.#known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Deployed>) : {};
  }

  get(resource: Resource): Deployed | undefined {
    return this.#known[key(resource)];
  }

  set(resource: Resource, deployed: Deployed): void {
    this.#known[key(resource)] = deployed;
  }

  save(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#known, null, 2));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

const key = ({ stack, logicalId, type }: Resource): string => `${stack}/${logicalId}/${type}`;
