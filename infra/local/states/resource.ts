/** What a Task's Resource asks for. */
export type Resource =
  | { kind: 'function'; arn: string }
  | { kind: 'invoke' }
  | { kind: 'runTask' }
  | { kind: 'service'; service: string; action: string; errorPrefix: string };

const FUNCTION_ARN = /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/;
const OPTIMIZED: Record<string, string> = {
  'sns:publish': 'SNS',
  'sqs:sendMessage': 'SQS',
  'events:putEvents': 'EventBridge',
};

/** Reads a Resource; undefined when this engine cannot run it. */
export function parseResource(arn: string): Resource | undefined {
  if (FUNCTION_ARN.test(arn)) return { kind: 'function', arn };
  const integration = /^arn:aws[\w-]*:states:[\w-]*:\d*:(.+)$/.exec(arn)?.[1];
  if (integration === undefined) return undefined;
  if (integration === 'lambda:invoke') return { kind: 'invoke' };
  if (integration === 'ecs:runTask.sync') return { kind: 'runTask' };
  const sdk = /^aws-sdk:([a-z0-9]+):([a-z][A-Za-z0-9]*)$/.exec(integration);
  if (sdk?.[1] && sdk[2]) {
    return {
      kind: 'service',
      service: sdk[1],
      action: sdk[2],
      errorPrefix: sdk[1].charAt(0).toUpperCase() + sdk[1].slice(1),
    };
  }
  const errorPrefix = OPTIMIZED[integration];
  const [service = '', action = ''] = integration.split(':');
  return errorPrefix ? { kind: 'service', service, action, errorPrefix } : undefined;
}

/** `resourceType` and `resource` as the history names them. */
export function namesInHistory(resource: Resource): { resourceType: string; resource: string } {
  switch (resource.kind) {
    case 'function':
      return { resourceType: 'lambda', resource: resource.arn };
    case 'invoke':
      return { resourceType: 'lambda', resource: 'invoke' };
    case 'runTask':
      return { resourceType: 'ecs', resource: 'runTask.sync' };
    case 'service':
      return { resourceType: resource.service, resource: resource.action };
  }
}
