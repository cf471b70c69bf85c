import type { Terminal } from '../../../../infra/ingest/commands/command.ts';

/** Keeps what a command says, and stops it where a test wants. */
export interface KeptTerminal extends Terminal {
  readonly lines: string[];
  readonly stopNow: () => void;
}

export function keptTerminal(): KeptTerminal {
  const lines: string[] = [];
  const controller = new AbortController();
  return {
    lines,
    say: (line) => void lines.push(line),
    stop: controller.signal,
    stopNow: () => controller.abort(),
  };
}
