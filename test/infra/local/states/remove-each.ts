import type { Json } from '../../../../infra/local/states/json.ts';
import type { StatesService } from '../../../../infra/local/states/service.ts';
import { bindings, failure, fn, service } from './states.ts';

/** One item after the other, each asked for, waited for and looked at until it is gone, as the snapshot workflow deletes snapshots. */
export const definition = (map: object = {}): object => ({
  StartAt: 'RemoveAll',
  States: {
    RemoveAll: {
      Type: 'Map',
      ItemsPath: '$.expired.names',
      ItemSelector: { 'name.$': '$$.Map.Item.Value', 'at.$': '$$.Map.Item.Index', 'run.$': '$.run' },
      MaxConcurrency: 1,
      ResultPath: null,
      Next: 'Done',
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Failed' }],
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'Remove',
        States: {
          Remove: {
            Type: 'Task',
            Resource: fn('Remove'),
            ResultPath: '$.removal',
            TimeoutSeconds: 1,
            Retry: [{ ErrorEquals: ['Busy', 'States.Timeout'], IntervalSeconds: 5, MaxAttempts: 2 }],
            Next: 'IsGone?',
          },
          'IsGone?': {
            Type: 'Choice',
            Choices: [{ Variable: '$.removal.complete', BooleanEquals: true, Next: 'Gone' }],
            Default: 'WaitForIt',
          },
          WaitForIt: { Type: 'Wait', SecondsPath: '$.removal.waitSeconds', Next: 'Look' },
          Look: { Type: 'Task', Resource: fn('Look'), ResultPath: '$.removal', Next: 'IsGone?' },
          Gone: { Type: 'Succeed' },
        },
      },
      ...map,
    },
    Failed: { Type: 'Pass', Next: 'Halt' },
    Halt: {
      Type: 'Task',
      Resource: fn('Halt'),
      Parameters: { 'record.$': '$', 'redriveCount.$': '$$.Execution.RedriveCount' },
      Next: 'RemoveAll',
    },
    Done: { Type: 'Succeed' },
  },
});
/** Without a Catch: what fails in the Map ends the execution there. */
export const uncaught = definition({ Catch: [] });

export interface Item {
  name: string;
  at: number;
  run: string;
}
export const input = (...names: string[]): Json => ({ run: 'r', expired: { names } });
export const gone = { complete: true };

/** Notes every call; `work` says what the removal answers or throws. */
export function removing(
  work: (item: Item, call: number) => Json | Promise<Json>,
  asl: object = definition(),
): {
  states: StatesService;
  calls: string[];
  /** How many calls were under way at once. */
  most: () => number;
} {
  const calls: string[] = [];
  let underWay = 0;
  let most = 0;
  const noted = (what: string, answer: (item: Item, call: number) => Json | Promise<Json>) => async (item: Item) => {
    calls.push(`${what} ${item.name}`);
    most = Math.max(most, ++underWay);
    try {
      return await answer(item, calls.filter((one) => one === `${what} ${item.name}`).length);
    } finally {
      underWay--;
    }
  };
  const states = service(
    asl,
    bindings({
      Remove: noted('remove', work),
      Look: noted('look', (_, call) => (call < 3 ? { complete: false, waitSeconds: 45 } : gone)),
      Halt: ({ record, redriveCount }: { record: { failure: { Error: string } }; redriveCount: number }) => {
        if (redriveCount === 0) throw failure(record.failure.Error, 'halted');
        return { run: 'r', expired: { names: ['b', 'c'] } };
      },
    }),
  );
  return { states, calls, most: () => most };
}
