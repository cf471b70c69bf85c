import { createLinesOf, type DocumentWriter } from '../../../ports/document-writer.ts';
import { PermafrostError } from '../../../workflow/errors.ts';
import { BulkBody, fits } from './bulk-body.ts';
import type { BulkItem, DocumentItem, RecordSource, UnreadableItem } from './bulk-item.ts';
import type { Stretch } from './progress.ts';
import type { RejectStore } from './reject-store.ts';
import { type Pace, sendDocuments } from './send-documents.ts';

export interface BulkLimits {
  /** Of one request; it is exceeded only by a single document that is larger. */
  readonly bytes: number;
  /** Of one request. */
  readonly documents: number;
  /** Requests at the same time. */
  readonly inFlight: number;
}

/** What came of the items that are settled. */
export interface BulkCounts {
  indexed: number;
  duplicates: number;
  rejected: number;
}

interface Batch {
  readonly documents: BulkBody;
  readonly unreadable: UnreadableItem[];
  readonly stretches: Map<RecordSource, Stretch>;
  bytes: number;
}

/** Where requests of this size are refused, others are at fault than their size. */
const leastBytes = 64 * 1024;

/**
 * Gathers items of any number of sources into requests and sends a few at a time. A stretch of a source settles when each of its
 * items is in the cluster or among the stored rejects, and not before. Memory: the batches in flight and the one that is gathered.
 */
export class BulkWriter {
  readonly counts: BulkCounts = { indexed: 0, duplicates: 0, rejected: 0 };
  /** Indices that could not be written to until a batch was given up. */
  readonly blocked = new Set<string>();
  readonly #writer: DocumentWriter;
  readonly #rejects: RejectStore;
  readonly #pace: Pace;
  readonly #limits: BulkLimits;
  #bytesPerBatch: number;
  #batch: Batch;
  /** Neighbours are mostly of the same index. */
  #last: { readonly index?: string; readonly linesOf: ReturnType<typeof createLinesOf> } = { linesOf: () => '' };
  /** Filled again: as garbage, their megabytes made full collections five times as frequent (measured). */
  readonly #spare: BulkBody[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #failure: PermafrostError | undefined;
  #fault: unknown;

  constructor(
    { writer, rejects, pace }: { writer: DocumentWriter; rejects: RejectStore; pace: Pace },
    limits: BulkLimits,
  ) {
    this.#writer = writer;
    this.#rejects = rejects;
    this.#pace = pace;
    this.#limits = limits;
    this.#bytesPerBatch = limits.bytes;
    this.#batch = this.#emptyBatch();
  }

  /** Why nothing more is sent: the first batch that could not be settled. */
  get failure(): PermafrostError | undefined {
    return this.#failure;
  }

  /**
   * Takes an item, which its source's progress has reached. Where a promise comes back, wait for it before the next.
   * @throws the failure of a batch before, of whatever source
   */
  add(item: BulkItem): Promise<void> | undefined {
    this.#throwIfFailed();
    const text = 'document' in item ? this.#linesOf(item) : item.text;
    const count = countOf(this.#batch);
    const isFull = count >= this.#limits.documents || !fits(text, this.#bytesPerBatch - this.#batch.bytes);
    if (count > 0 && isFull) {
      if (this.#inFlight.size >= this.#limits.inFlight) return this.#addLater(item, text);
      this.#dispatch();
    }
    this.#put(item, text);
    return undefined;
  }

  /** Sends what is left. Resolves when nothing is in flight any more, whether all is settled or not. */
  async flush(): Promise<void> {
    if (!this.#failure && countOf(this.#batch) > 0) this.#dispatch();
    while (this.#inFlight.size > 0) await Promise.race(this.#inFlight);
    if (this.#fault !== undefined) throw this.#fault as Error;
  }

  async #addLater(item: BulkItem, text: string): Promise<void> {
    await Promise.race(this.#inFlight);
    this.#throwIfFailed();
    this.#dispatch();
    this.#put(item, text);
  }

  #linesOf({ index, id, document }: DocumentItem): string {
    if (index !== this.#last.index) this.#last = { index, linesOf: createLinesOf(index) };
    return this.#last.linesOf(id, document);
  }

  #put(item: BulkItem, text: string): void {
    const batch = this.#batch;
    const { source, offset, part } = item;
    if (!batch.stretches.has(source)) batch.stretches.set(source, source.progress.begin());
    if ('document' in item) batch.bytes += batch.documents.add(text, { source, offset, part });
    else {
      batch.unreadable.push(item);
      batch.bytes += Buffer.byteLength(text);
    }
  }

  #emptyBatch(): Batch {
    const documents = this.#spare.pop() ?? BulkBody.empty(this.#limits.bytes);
    return { documents, unreadable: [], stretches: new Map(), bytes: 0 };
  }

  #dispatch(): void {
    const batch = this.#batch;
    this.#batch = this.#emptyBatch();
    const landed: Promise<void> = this.#settle(batch)
      .catch((thrown: unknown) => {
        if (thrown instanceof PermafrostError) this.#failure ??= thrown;
        else this.#fault ??= thrown;
      })
      .finally(() => this.#inFlight.delete(landed));
    this.#inFlight.add(landed);
  }

  async #settle({ documents, unreadable, stretches }: Batch): Promise<void> {
    const sent = await sendDocuments(documents, this.#writer, this.#pace, {
      tooLarge: (bytes) => this.#shrink(bytes),
      blocked: (index) => void this.blocked.add(index),
    });
    const rejects = [...unreadable, ...sent.rejected];
    if (rejects.length > 0) await this.#rejects(rejects);
    this.counts.indexed += sent.created;
    this.counts.duplicates += sent.duplicates;
    this.counts.rejected += rejects.length;
    for (const [{ progress }, stretch] of stretches) progress.settle(stretch);
    // Of a request that was given up, bytes may still be on their way.
    if (sent.requests > 1) return;
    documents.clear();
    this.#spare.push(documents);
  }

  /** Later requests are made half as large as the one that the cluster did not take. */
  #shrink(bytes: number): void {
    this.#bytesPerBatch = Math.min(this.#bytesPerBatch, Math.max(leastBytes, bytes / 2));
  }

  #throwIfFailed(): void {
    // A fault of the program, not of what it works with: it must not pass for a failure that a redelivery mends.
    if (this.#fault !== undefined) throw this.#fault as Error;
    if (this.#failure) throw this.#failure;
  }
}

const countOf = ({ documents, unreadable }: Batch): number => documents.count + unreadable.length;
