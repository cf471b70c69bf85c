/** Puts a day of sample logs into a local OpenSearch. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type DayOptions, generate } from '../../infra/local/sample-logs/generate.ts';
import { indexTemplate, templateName } from './sample-index-template.ts';

/** OpenSearch did not take the sample logs. */
export class SampleLogsRefused extends Error {
  override readonly name = 'SampleLogsRefused';
}

export interface LoadDayOptions extends DayOptions {
  readonly index: string;
  readonly signal?: AbortSignal;
}

export interface LoadedDay {
  readonly index: string;
  /** As the index counts them after a refresh. */
  readonly documents: number;
  /** Bytes of JSON that were sent. */
  readonly bytes: number;
}

const batchBytes = 5 * 1024 * 1024;
const batchesAtOnce = 2;
/** A small heap answers 429 while it is full: 0.2 s, 0.4 s, ... 12.8 s. */
const busyRetries = 7;

const bulkSchema = z.object({
  errors: z.boolean(),
  items: z.array(
    z.object({ index: z.object({ status: z.number(), error: z.object({ reason: z.string() }).optional() }) }),
  ),
});
const countSchema = z.object({ count: z.number() });

async function ask<Answer>(schema: z.ZodType<Answer>, url: URL, init: RequestInit): Promise<Answer> {
  const asked = `${init.method ?? 'GET'} ${url.pathname}`;
  for (let retry = 0; ; retry++) {
    const response = await fetch(url, init);
    const text = await response.text();
    if (response.ok) return schema.parse(JSON.parse(text));
    if (response.status !== 429 || retry === busyRetries)
      throw new SampleLogsRefused(`${asked}: ${response.status} ${text.slice(0, 500)}`);
    await sleep(200 * 2 ** retry, undefined, init.signal ? { signal: init.signal } : {});
  }
}

interface Batch {
  readonly body: string;
  readonly documents: number;
}

/** Bulk bodies of about 5 MiB. The ids are the documents' places in the day, so that loading a day twice changes nothing. */
function* batchesOf(day: DayOptions): Generator<Batch> {
  let [body, documents, number] = ['', 0, 0];
  for (const document of generate(day)) {
    body += `{"index":{"_id":"${day.date}-${day.seed}-${number++}"}}\n${JSON.stringify(document)}\n`;
    documents++;
    if (body.length >= batchBytes) {
      yield { body, documents };
      [body, documents] = ['', 0];
    }
  }
  if (documents > 0) yield { body, documents };
}

/** Writes the index template: `logdata-*` indices made from now on have these mappings. */
export async function putIndexTemplate(openSearchUrl: string): Promise<void> {
  await ask(z.object({ acknowledged: z.literal(true) }), new URL(`/_index_template/${templateName}`, openSearchUrl), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(indexTemplate),
  });
}

/**
 * Loads `docs` documents of a day into an index, some batches at once, and refreshes it.
 * Throws `SampleLogsRefused` unless every document was taken.
 */
export async function loadDay(openSearchUrl: string, { index, signal, ...day }: LoadDayOptions): Promise<LoadedDay> {
  const at = (api: string): URL => new URL(`/${encodeURIComponent(index)}/${api}`, openSearchUrl);
  const abort = signal === undefined ? {} : { signal };
  await putIndexTemplate(openSearchUrl);
  const batches = batchesOf(day);
  let bytes = 0;

  const sendBatches = async (): Promise<void> => {
    // The workers share one iterator: each takes the next batch when its last one is done.
    for (const { body, documents } of batches) {
      const { errors, items } = await ask(
        bulkSchema,
        at('_bulk?filter_path=errors,items.*.status,items.*.error.reason'),
        {
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body,
          ...abort,
        },
      );
      const refused = items.find((item) => item.index.status >= 300);
      if (errors || refused !== undefined || items.length !== documents)
        throw new SampleLogsRefused(
          `${index}: ${items.length} of ${documents} answered; ${refused?.index.error?.reason ?? 'no reason given'}`,
        );
      bytes += Buffer.byteLength(body);
    }
  };
  await Promise.all(Array.from({ length: batchesAtOnce }, sendBatches));

  await ask(z.unknown(), at('_refresh'), { method: 'POST', ...abort });
  const { count } = await ask(countSchema, at('_count'), abort);
  return { index, documents: count, bytes };
}
