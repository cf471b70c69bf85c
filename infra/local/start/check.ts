/** A promise, held against what is there now. */
export interface Check {
  readonly promise: string;
  readonly held: boolean;
  readonly why?: string;
}

/** Each promise by itself: one that cannot be proven does not hide the others. `prove` answers with what is wrong, if anything is. */
export async function check(
  promise: string,
  prove: () => Promise<string | undefined> | string | undefined,
): Promise<Check> {
  try {
    const why = await prove();
    return { promise, held: why === undefined, ...(why !== undefined && { why }) };
  } catch (error) {
    return { promise, held: false, why: String(error) };
  }
}

/** The cluster answered otherwise than well; the message has what was asked, and all of the answer. */
export class ClusterRefused extends Error {
  override readonly name = 'ClusterRefused';
  readonly status: number;

  constructor(asked: string, status: number, answer: string) {
    super(`${asked}: ${status} ${answer}`);
    this.status = status;
  }
}

/** Asks the cluster directly, not through the project's own client: a witness of its own. */
export async function askCluster(openSearchUrl: string, path: string): Promise<unknown> {
  const response = await fetch(new URL(path, openSearchUrl));
  if (!response.ok) throw new ClusterRefused(`GET ${path}`, response.status, await response.text());
  return response.json();
}

export async function countDocuments(openSearchUrl: string, index: string): Promise<number> {
  return ((await askCluster(openSearchUrl, `/${index}/_count`)) as { count: number }).count;
}
