/** Loading against a small server that stands for OpenSearch; the local stack's own runs load into the real one. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { loadDay, SampleLogsRefused } from './load-day.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

interface Bulk {
  readonly ids: readonly string[];
  readonly bytes: number;
}

/** Takes every document, unless `spoil` gives another answer to the bulk request of this number. */
async function openSearch(
  spoil: (bulk: number, items: object[]) => { status: number; body: object } | undefined = () => undefined,
) {
  const bulks: Bulk[] = [];
  const asked: string[] = [];
  let requests = 0;
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const path = request.url?.split('?')[0] ?? '';
      asked.push(`${request.method ?? ''} ${path}`);
      const answer = (status: number, value: object): void =>
        void response.writeHead(status).end(JSON.stringify(value));
      if (path.endsWith('/_count')) {
        answer(200, { count: bulks.flatMap(({ ids }) => ids).length });
        return;
      }
      if (!path.endsWith('/_bulk')) {
        answer(200, { acknowledged: true });
        return;
      }
      const ids = [...body.matchAll(/^\{"index":\{"_id":"([^"]+)"\}\}$/gm)].map((match) => match[1] ?? '');
      const items = ids.map(() => ({ index: { status: 201 } }));
      const spoiled = spoil(requests++, items);
      if (spoiled !== undefined) {
        answer(spoiled.status, spoiled.body);
        return;
      }
      bulks.push({ ids, bytes: Buffer.byteLength(body) });
      answer(200, { errors: false, items });
    });
  });
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bulks, asked };
}

const day = { date: '2026-01-05', docs: 12_000, seed: 1, index: 'logdata-05012026' };

test('every document is sent once, in batches of about 5 MiB, after the template and before the refresh', async () => {
  const { url, bulks, asked } = await openSearch();
  const loaded = await loadDay(url, day);
  expect(loaded).toEqual({
    index: day.index,
    documents: day.docs,
    bytes: bulks.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  expect(new Set(bulks.flatMap(({ ids }) => ids)).size).toBe(day.docs);
  expect(bulks.length).toBeGreaterThan(1);
  for (const { bytes } of bulks) expect(bytes).toBeLessThan(5.1 * 1024 * 1024);
  expect(asked[0]).toBe('PUT /_index_template/permafrost-sample-logs');
  expect(asked.slice(-2)).toEqual([`POST /${day.index}/_refresh`, `GET /${day.index}/_count`]);
});

test('a busy node is asked again', async () => {
  const { url } = await openSearch((bulk) => (bulk < 2 ? { status: 429, body: { error: 'full' } } : undefined));
  expect(await loadDay(url, { ...day, docs: 10 })).toMatchObject({ documents: 10 });
});

test('one refused document fails the load, with its reason', async () => {
  const { url } = await openSearch((_, items) => ({
    status: 200,
    body: {
      errors: true,
      items: [...items.slice(1), { index: { status: 400, error: { reason: 'failed to parse field' } } }],
    },
  }));
  await expect(loadDay(url, { ...day, docs: 10 })).rejects.toThrow(/failed to parse field/);
});

test('an answer that leaves out a document fails the load', async () => {
  const { url } = await openSearch((_, items) => ({ status: 200, body: { errors: false, items: items.slice(1) } }));
  await expect(loadDay(url, { ...day, docs: 10 })).rejects.toThrow(/9 of 10/);
});

test('an error fails the load', async () => {
  const { url } = await openSearch(() => ({ status: 500, body: { error: 'disk full' } }));
  await expect(loadDay(url, { ...day, docs: 10 })).rejects.toThrow(SampleLogsRefused);
});
