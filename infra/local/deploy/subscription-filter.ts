import { z } from 'zod';
import { RuntimeServiceError } from '../runtime/errors.ts';
import { TemplateError } from '../template/errors.ts';
import { derivedName, placeOf, resourceType } from './resource-type.ts';

const properties = z.strictObject({
  LogGroupName: z.string(),
  FilterName: z.string().optional(),
  FilterPattern: z.literal('', 'a pattern that selects events is not simulated'),
  DestinationArn: z.string().startsWith('arn:aws:lambda:', 'only functions are destinations locally'),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-subscriptionfilter.html */
export const subscriptionFilter = resourceType(properties, (wanted, resource, { logGroups }) => {
  const filterName = wanted.FilterName ?? derivedName(resource, 512);
  const { LogGroupName: logGroupName, DestinationArn: functionArn } = wanted;
  try {
    logGroups.subscribe({ logGroupName, filterName, functionArn });
  } catch (error) {
    if (!(error instanceof RuntimeServiceError)) throw error;
    throw new TemplateError(placeOf(resource), `${error.name}: a log group takes two subscriptions`);
  }
  return { ref: filterName, attributes: {} };
});
