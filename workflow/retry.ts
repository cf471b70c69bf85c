import { Duration, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import { namedErrors } from './named-errors.ts';

/** Names of the errors whose class says that the same call may succeed a little later. */
export const retryableErrorNames: readonly string[] = [...namedErrors]
  .filter(([, error]) => error.retryable)
  .map(([name]) => name)
  .sort();

const serviceErrorsOfLambda = [
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ServiceException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
];

const transient = { backoffRate: 2, jitterStrategy: sfn.JitterType.FULL } as const;

/**
 * Retries of a state that a function carries out. Functions are idempotent, so even a timeout is retried, but only twice:
 * each attempt may take the function's whole time.
 */
export const functionRetries: readonly sfn.RetryProps[] = [
  {
    ...transient,
    errors: [...retryableErrorNames, ...serviceErrorsOfLambda],
    interval: Duration.seconds(5),
    maxAttempts: 6,
    maxDelay: Duration.minutes(2),
  },
  {
    ...transient,
    errors: ['Sandbox.Timedout', sfn.Errors.TIMEOUT],
    interval: Duration.seconds(10),
    maxAttempts: 2,
    maxDelay: Duration.minutes(1),
  },
];

/**
 * Retries of a container task. A refused start is tried for long (capacity comes back); a task that stopped with an exit
 * code is started twice more, and finds what the attempt before it left.
 */
export const containerRetries: readonly sfn.RetryProps[] = [
  {
    ...transient,
    errors: ['ECS.AmazonECSException', 'ECS.ServerException', 'ECS.SdkClientException', 'ECS.ThrottlingException'],
    interval: Duration.seconds(30),
    maxAttempts: 10,
    maxDelay: Duration.minutes(5),
  },
  {
    ...transient,
    errors: [sfn.Errors.TASKS_FAILED],
    interval: Duration.seconds(30),
    maxAttempts: 2,
    maxDelay: Duration.minutes(2),
  },
];

/** Retries of the publication of a notice by the state machine itself. */
export const publishRetries: readonly sfn.RetryProps[] = [
  {
    ...transient,
    errors: ['SNS.SdkClientException', 'SNS.InternalErrorException', 'SNS.ThrottledException', sfn.Errors.TIMEOUT],
    interval: Duration.seconds(5),
    maxAttempts: 5,
    maxDelay: Duration.minutes(1),
  },
];
