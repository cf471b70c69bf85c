/**
 * The side of a custom resource that AWS CloudFormation waits for.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html
 */
import { z } from 'zod';
import type { ApplyRightsResult } from './contract.ts';
import { CloudFormationUnanswered } from '../../workflow/errors.ts';

const eventSchema = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().optional(),
});
export type CloudFormationEvent = z.output<typeof eventSchema>;

export const isFromCloudFormation = (event: unknown): event is CloudFormationEvent =>
  eventSchema.safeParse(event).success;

/** CloudFormation takes an answer of 4,096 bytes. */
const longestReason = 1000;

/**
 * Does the work and tells CloudFormation how it ended. Nothing is taken back when the stack is deleted: the cluster's role may
 * have other users by then, and gives a role that is gone nothing.
 * @throws CloudFormationUnanswered: the service that invoked the function then invokes it again
 */
export async function answered(
  event: CloudFormationEvent,
  work: () => Promise<ApplyRightsResult>,
): Promise<ApplyRightsResult | undefined> {
  if (event.RequestType === 'Delete') {
    await answer(event, { Status: 'SUCCESS' });
    return undefined;
  }
  let result: ApplyRightsResult;
  try {
    result = await work();
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    await answer(event, { Status: 'FAILED', Reason: reason.slice(0, longestReason) });
    return undefined;
  }
  await answer(event, { Status: 'SUCCESS', Data: { Outcome: result.outcome } });
  return result;
}

async function answer(
  { ResponseURL, StackId, RequestId, LogicalResourceId, PhysicalResourceId }: CloudFormationEvent,
  content: { Status: 'SUCCESS' | 'FAILED'; Reason?: string; Data?: Record<string, string> },
): Promise<void> {
  const body = JSON.stringify({
    ...content,
    StackId,
    RequestId,
    LogicalResourceId,
    // The same for ever: another one would make CloudFormation delete the former.
    PhysicalResourceId: PhysicalResourceId ?? LogicalResourceId,
  });
  // The URL is signed for an empty content type.
  const response = await fetch(ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body }).catch(
    (cause: unknown) => {
      throw new CloudFormationUnanswered('CloudFormation cannot be told how it ended', { cause });
    },
  );
  if (!response.ok) throw new CloudFormationUnanswered(`CloudFormation's bucket answered ${response.status}`);
}
