import type { Writable } from 'node:stream';

export type Level = 'INFO' | 'WARN' | 'ERROR';
export type Log = (level: Level, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Writes a JSON line an event. `context` stands in every line. Nothing secret is ever handed in. */
export function jsonLines(out: Writable, context: Readonly<Record<string, unknown>>): Log {
  return (level, message, fields = {}) => {
    out.write(`${JSON.stringify({ level, message, timestamp: new Date().toISOString(), ...context, ...fields })}\n`);
  };
}
