import { beforeEach, describe, expect, it } from 'vitest';
import { failureReportKey, reportKey, reportSignatureKey } from '../../../archive/evidence.ts';
import { keyFingerprint } from '../../../archive/verify-signature.ts';
import { writeReport } from '../../../functions/drill/write-report.ts';
import { measureDrillAge, type Ports } from '../../../functions/expire-restores/measure-drill-age.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { memorySigner } from '../../support/memory-signer.ts';
import { failed, passed } from '../../archive/evidence-example.ts';
import { idOfDay, seal } from '../../archive/seal-example.ts';

let ports: Ports;
let measured: [string, number, string][];
let warnings: unknown[];

beforeEach(async () => {
  const sealer = memorySigner({});
  const archive = memoryObjectStore({ bucket: 'archive', versioned: true });
  await seal(archive, sealer, idOfDay(1), new Date('2026-01-01T03:00:00Z'));
  await seal(archive, sealer, idOfDay(2), new Date('2026-01-02T03:00:00Z'));
  const trusted = new Set([keyFingerprint(await sealer.publicKeyPem())]);
  ports = { archive, restore: memoryObjectStore({ bucket: 'restore' }), signer: memorySigner({}), trusted };
  measured = [];
  warnings = [];
});

const measure = (at: string): ReturnType<typeof measureDrillAge> =>
  measureDrillAge({ at, ended: [], ending: [] }, ports, {
    info: () => undefined,
    warn: (_, facts) => warnings.push(facts),
    measure: (...figure) => measured.push(figure),
  });

/** Puts a report of a drill that looked at its index on this day of February 2026. */
async function drilled(day: number): Promise<string> {
  const date = `2026-02-${String(day).padStart(2, '0')}`;
  const drillId = `drill-${date}t04-00-00-0a1b2c`;
  const { signing: _, ...draft } = passed;
  const checked = { ...draft.checked, at: `${date}T06:00:00.000Z` };
  await writeReport(ports, reportKey(drillId), { ...draft, drillId, checked });
  return drillId;
}

describe('days since a drill', () => {
  it('are counted from the newest that passed', async () => {
    await drilled(1);
    const newest = await drilled(8);
    expect(await measure('2026-02-10T18:00:00Z')).toEqual({ daysSinceDrill: 2.5, lastDrill: newest });
    expect(measured).toEqual([['DaysSinceDrill', 2.5, 'Count']]);
  });

  it('are counted from the first seal while none has passed', async () => {
    expect(await measure('2026-02-10T03:00:00Z')).toEqual({ daysSinceDrill: 40, lastDrill: null });
    const { signing: _, ...draft } = failed;
    await writeReport(ports, failureReportKey(failed.drillId, 0), draft);
    expect(await measure('2026-02-10T03:00:00Z')).toEqual({ daysSinceDrill: 40, lastDrill: null });
  });

  it('are none while nothing is sealed, and are told all the same', async () => {
    ports = { ...ports, archive: memoryObjectStore({ bucket: 'empty', versioned: true }) };
    expect(await measure('2026-02-10T03:00:00Z')).toEqual({ daysSinceDrill: 0, lastDrill: null });
    expect(measured).toHaveLength(1);
  });
});

describe('a report that proves nothing', () => {
  it.each<[string, (key: string) => Promise<unknown>]>([
    ['has no signature', (key) => ports.restore.delete([reportSignatureKey(key)])],
    [
      'was changed',
      async (key) => ports.restore.put(key, Buffer.concat([await ports.restore.read(key), Buffer.from(' ')])),
    ],
    ['has a signature that is none', (key) => ports.restore.put(reportSignatureKey(key), Buffer.from('x'))],
  ])('is passed over, and logged: one that %s', async (_, spoil) => {
    const earlier = await drilled(1);
    await spoil(reportKey(await drilled(8)));
    expect(await measure('2026-02-10T06:00:00Z')).toEqual({ daysSinceDrill: 9, lastDrill: earlier });
    expect(warnings).toHaveLength(1);
  });

  it('is passed over, and logged: one that another key signs', async () => {
    const own = ports;
    ports = { ...own, signer: memorySigner({}) };
    await drilled(8);
    ports = own;
    expect(await measure('2026-02-10T03:00:00Z')).toEqual({ daysSinceDrill: 40, lastDrill: null });
    expect(warnings).toHaveLength(1);
  });
});
