/** An index in which the number of each line can be asked for, and nothing else is indexed. */
export async function makeSequenceIndex(url: string, index: string): Promise<void> {
  await ask(`${url}/${index}`, 'PUT', {
    settings: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '-1' },
    mappings: {
      dynamic: false,
      properties: {
        '@timestamp': { type: 'date' },
        message: { type: 'text' },
        json: { properties: { sequence: { type: 'long' } } },
      },
    },
  });
}

const pageSize = 10_000;

/** @throws unless the numbers of the index's documents are 0 to `lines` - 1, each once */
export async function checkSequences(url: string, index: string, lines: number): Promise<void> {
  await ask(`${url}/${index}/_refresh`, 'POST', {});
  for (let next = 0; ;) {
    const page = (await ask(`${url}/${index}/_search?filter_path=hits.hits.sort`, 'POST', {
      size: pageSize,
      _source: false,
      track_total_hits: false,
      sort: [{ 'json.sequence': 'asc' }],
      // From the last one on, itself included, so that a second of it would be seen.
      query: { range: { 'json.sequence': { gte: next } } },
    })) as { hits?: { hits: { sort: [number] }[] } };
    const found = (page.hits?.hits ?? []).map(({ sort: [sequence] }) => sequence);
    const wrong = found.findIndex((sequence, at) => sequence !== next + at);
    if (wrong >= 0) throw new TypeError(`Where line ${next + wrong} should be, there is line ${found[wrong]}`);
    if (found.length < pageSize) {
      if (next + found.length !== lines) throw new TypeError(`${next + found.length} lines instead of ${lines}`);
      return;
    }
    next += found.length - 1;
  }
}

async function ask(url: string, method: string, body: object): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new TypeError(`${method} ${url}: ${answer.status} ${text.slice(0, 500)}`);
  return JSON.parse(text);
}
