type Environment = Record<string, string | undefined>;

export function findCommand(name: string, env?: Environment): string | null;
export function findJdk(env?: Environment, range?: { from?: number; to?: number }): string | null;
export function findPython(env?: Environment): string | null;
export function missingPrerequisites(env?: Environment): string[];
