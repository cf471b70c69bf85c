/** Which fields this engine runs as AWS does, per kind of object; whatever is not listed is refused by name. */
export type Fields = readonly string[];

const BLOCK = ['Comment', 'StartAt', 'States'];
const FLOW = ['Type', 'Comment', 'Next', 'End', 'InputPath', 'OutputPath'];
const FAILING = ['Retry', 'Catch', 'ResultSelector', 'ResultPath'];
const DISTRIBUTED = [
  'ItemBatcher',
  'Label',
  'ToleratedFailureCount',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentage',
  'ToleratedFailurePercentagePath',
];

export const FIELDS: Readonly<Record<string, Fields>> = {
  machine: [...BLOCK, 'TimeoutSeconds', 'Version'],
  block: BLOCK,
  processor: [...BLOCK, 'ProcessorConfig'],
  retrier: [
    'Comment',
    'ErrorEquals',
    'IntervalSeconds',
    'MaxAttempts',
    'BackoffRate',
    'MaxDelaySeconds',
    'JitterStrategy',
  ],
  catcher: ['Comment', 'ErrorEquals', 'Next', 'ResultPath'],
  batcher: [
    'BatchInput',
    'MaxItemsPerBatch',
    'MaxItemsPerBatchPath',
    'MaxInputBytesPerBatch',
    'MaxInputBytesPerBatchPath',
  ],
  distributed: DISTRIBUTED,
  Task: [...FLOW, ...FAILING, 'Resource', 'Parameters', 'TimeoutSeconds', 'TimeoutSecondsPath'],
  Pass: [...FLOW, 'Result', 'ResultPath', 'Parameters'],
  Wait: [...FLOW, 'Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  Choice: ['Type', 'Comment', 'InputPath', 'OutputPath', 'Choices', 'Default'],
  Succeed: ['Type', 'Comment', 'InputPath', 'OutputPath'],
  Fail: ['Type', 'Comment', 'Error', 'ErrorPath', 'Cause', 'CausePath'],
  Parallel: [...FLOW, ...FAILING, 'Branches', 'Parameters'],
  Map: [
    ...FLOW,
    ...FAILING,
    ...DISTRIBUTED,
    'ItemProcessor',
    'Iterator',
    'ItemsPath',
    'ItemSelector',
    'Parameters',
    'MaxConcurrency',
    'MaxConcurrencyPath',
  ],
};

export const REASONS: Readonly<Record<string, string>> = {
  QueryLanguage: 'only JSONPath is run',
  Assign: 'variables are not run',
  Arguments: 'it belongs to JSONata, only JSONPath is run',
  Output: 'it belongs to JSONata, only JSONPath is run',
  Items: 'it belongs to JSONata, only JSONPath is run',
  HeartbeatSeconds: 'no supported Resource sends heartbeats',
  HeartbeatSecondsPath: 'no supported Resource sends heartbeats',
  Credentials: 'there are no roles to assume',
  ItemReader: 'items come from ItemsPath',
  ResultWriter: 'results stay in the state',
  Resource:
    'it must be a function ARN, lambda:invoke, ecs:runTask.sync, sns:publish, sqs:sendMessage, events:putEvents or aws-sdk:<service>:<action>',
};
