import { readManifest } from '../../../archive/catalogue.ts';
import { keyFingerprint } from '../../../archive/verify-signature.ts';
import { step as checkDrill } from '../../../functions/drill/check-drill.ts';
import { step as checkDrilled } from '../../../functions/drill/check-drilled.ts';
import { step as notifyDrilled } from '../../../functions/drill/notify-drilled.ts';
import { step as pickArchive } from '../../../functions/drill/pick-archive.ts';
import { step as recordFailedDrill } from '../../../functions/drill/record-failed-drill.ts';
import { step as removeDrilled } from '../../../functions/drill/remove-drilled.ts';
import { step as startDrill } from '../../../functions/drill/start-drill.ts';
import { step as writeEvidence } from '../../../functions/drill/write-evidence.ts';
import { step as listLeases } from '../../../functions/expire-restores/list-leases.ts';
import { step as measureDrillAge } from '../../../functions/expire-restores/measure-drill-age.ts';
import { step as notifyExpiring } from '../../../functions/expire-restores/notify-expiring.ts';
import { step as removeExpired } from '../../../functions/expire-restores/remove-expired.ts';
import { step as describeFailure } from '../../../functions/failure/describe-failure.ts';
import { step as haltForRedrive } from '../../../functions/failure/halt-for-redrive.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { sfnExecutionControl } from '../../../ports/sfn-executions.ts';
import type { Signer } from '../../../ports/signer.ts';
import { failureContracts } from '../../../workflow/contracts.ts';
import { drillContracts } from '../../../workflow/drill-contracts.ts';
import { drillWorkflow } from '../../../workflow/drill.ts';
import { expireContracts } from '../../../workflow/expire-contracts.ts';
import { expireRestoresWorkflow } from '../../../workflow/expire-restores.ts';
import { definitionOf } from '../../support/definitions.ts';
import { inProcessRestore } from '../../support/in-process-restore.ts';
import { machineArn } from '../../support/in-process-states.ts';
import { memorySigner } from '../../support/memory-signer.ts';

export const index = 'logdata-01012026';
export const other = 'logdata-02012026';
export const documentsOf = (name: string): { id: string; source: unknown }[] =>
  Array.from({ length: 20 }, (_, n) => ({ id: `${name}-${n}`, source: { message: `line ${n} of ${name}`, n } }));

export type DrillWorld = Awaited<ReturnType<typeof inProcessRestore>> & {
  readonly evidenceSigner: Signer;
  readonly trusted: ReadonlySet<string>;
  /** What the drill and expire-restores take for now. */
  readonly clock: { now: () => Date };
};

/** A world with archive, restore, drill and expire-restores in it. */
export async function inProcessDrill(): Promise<DrillWorld> {
  const world = await inProcessRestore();
  const { states, shared, cluster, archive, restore, signer } = world;
  const evidenceSigner = memorySigner({});
  const trusted = new Set([keyFingerprint(await signer.publicKeyPem())]);
  const clock = { now: () => new Date() };
  const ports = { ...shared, cluster, archive, restore, trusted, signer: evidenceSigner, now: () => clock.now() };
  states.add({
    name: 'drill',
    definition: drillDefinition(),
    steps: [
      ...[pickArchive, startDrill, checkDrill, checkDrilled, removeDrilled, writeEvidence, notifyDrilled],
      ...[recordFailedDrill, describeFailure, haltForRedrive],
    ],
    ports: {
      ...ports,
      control: sfnExecutionControl(states.sfn),
      restoreStateMachineArn: machineArn('restore'),
      restoreBucket: 'restore',
    },
  });
  states.add({
    name: 'expire-restores',
    definition: expireDefinition(),
    steps: [listLeases, removeExpired, notifyExpiring, measureDrillAge, describeFailure, haltForRedrive],
    ports,
  });
  return { ...world, evidenceSigner, trusted, clock };
}

export const drillDefinition = (): ReturnType<typeof definitionOf> =>
  definitionOf('drill', { ...drillContracts, ...failureContracts }, (scope, functions, topic) =>
    drillWorkflow(scope, { functions, topic }),
  );

export const expireDefinition = (): ReturnType<typeof definitionOf> =>
  definitionOf('expire-restores', { ...expireContracts, ...failureContracts }, (scope, functions, topic) =>
    expireRestoresWorkflow(scope, { functions, topic }),
  );

/** Archives some indices and freezes the archive. Returns its id. */
export async function archived(world: DrillWorld, names: readonly string[], execution = 'archived'): Promise<string> {
  for (const name of names) world.cluster.putIndex(name, { documents: documentsOf(name), shards: 2 });
  const { output } = await world.states.run('archive', { indices: names }, execution);
  const archiveId = String(output.archiveId);
  for (const { key } of (await readManifest(world.archive, archiveId)).volumes) world.archive.freeze(key, 'GLACIER');
  world.states.notices.length = 0;
  world.states.calls.clear();
  return archiveId;
}

export async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
