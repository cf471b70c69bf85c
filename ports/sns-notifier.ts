import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { NotAllowed, NotifierUnavailable } from '../workflow/errors.ts';
import type { Notifier } from './notifier.ts';

/** Notices through one SNS topic. Needs sns:Publish on it. */
export function snsNotifier(client: SNSClient, topicArn: string): Notifier {
  return {
    async publish(subject, message) {
      try {
        await client.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: message }));
      } catch (cause) {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        if (error.name === 'AuthorizationError') throw new NotAllowed(`sns:Publish on ${topicArn}`, { cause });
        throw new NotifierUnavailable(`SNS does not take the notice: ${error.name}: ${error.message}`, { cause });
      }
    },
  };
}
