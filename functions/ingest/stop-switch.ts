import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { EventSourceMappings } from '../../ports/event-source-mappings.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { RunRecordInvalid } from '../../workflow/errors.ts';

/** A note that an indexer has stopped itself: only what has one is started again, not what an operator stopped. */
export const stopNote = z.object({
  indexer: z.string().min(1),
  mappings: z.array(z.string().min(1)),
  at: z.iso.datetime(),
  reason: z.string(),
});
export type StopNote = z.output<typeof stopNote>;

export const stopNotesPrefix = 'stopped/';

export interface StopPorts {
  readonly mappings: EventSourceMappings;
  /** The bucket of rejects: keeps the notes, too. */
  readonly notes: ObjectStore;
}

/** Stops the mapping that leads from the queue to the indexer, so that messages wait there and do not run out of deliveries. */
export async function stopIndexer(
  { mappings, notes }: StopPorts,
  indexer: { readonly name: string; readonly functionArn: string; readonly queueArn: string },
  reason: string,
  at: Date,
): Promise<void> {
  const ids = await mappings.find(indexer.functionArn, indexer.queueArn);
  const note: StopNote = { indexer: indexer.name, mappings: ids, at: at.toISOString(), reason };
  // Before the mapping is stopped: stopped without a note, it would stay so for ever. A key of its own for each, so that a note
  // that is written while another one is acted upon survives.
  const key = `${stopNotesPrefix}${indexer.name}/${note.at}-${randomUUID().slice(0, 8)}.json`;
  await notes.put(key, Buffer.from(JSON.stringify(note)), { contentType: 'application/json' });
  for (const id of ids) await mappings.setEnabled(id, false);
}

/** The indexer that a note's key names. */
export const indexerOf = (key: string): string => key.slice(stopNotesPrefix.length).split('/')[0] ?? '';

/** @throws RunRecordInvalid */
export function parseStopNote(bytes: Uint8Array, key: string): StopNote {
  try {
    return stopNote.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch (cause) {
    throw new RunRecordInvalid(`${key} is no note of a stopped indexer`, { cause });
  }
}
