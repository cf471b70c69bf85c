import type { Progress } from './progress.ts';

/** Where records come from: an object, a message of a subscription. */
export interface RecordSource {
  /** As rejects say it. */
  readonly facts: Readonly<Record<string, string>>;
  /** The day that its rejects are filed under: the same whenever it is delivered again. */
  readonly date: Date;
  readonly progress: Progress;
}

/** A record's place in its source, as in `LogRecord`. */
export interface Placed {
  readonly source: RecordSource;
  readonly offset: number;
  readonly part: number;
}

export interface DocumentItem extends Placed {
  readonly index: string;
  readonly id: string;
  /** As JSON, in one line. */
  readonly document: string;
}

/** What goes to the rejects without asking the cluster: it is no document. */
export interface UnreadableItem extends Placed {
  readonly reason: string;
  readonly text: string;
}

/** What the cluster will never take. */
export interface RejectedDocument extends DocumentItem {
  readonly reason: string;
}

export type BulkItem = DocumentItem | UnreadableItem;
export type Reject = RejectedDocument | UnreadableItem;
