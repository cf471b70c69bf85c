import { aws_sns as sns, type aws_s3 as s3 } from 'aws-cdk-lib';

/**
 * How the keys of new objects are told apart where S3 tells of them. S3 encodes keys in its messages, and wants the prefixes that it
 * compares them with encoded likewise (Amazon S3 User Guide, "Configuring event notifications using object key name filtering"):
 * one with `=` in clear fits nothing, and nothing says so. EventBridge has keys as they are.
 */

/** As a form is encoded, the slash left as it is. */
const encoded = (prefix: string): string => encodeURIComponent(prefix).replaceAll('%2F', '/').replaceAll('%20', '+');

/** Characters that S3 calls safe, and that encoders of forms encode all the same. */
const maybeEncoded = /[!'()~]/g;
const further = (text: string): string =>
  text.replaceAll(maybeEncoded, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** What a bucket's notification has to say, to tell of keys below a prefix only. */
export const filterOfBucket = (prefix: string): { readonly filter?: s3.CfnBucket.NotificationFilterProperty } =>
  prefix === '' ? {} : { filter: { s3Key: { rules: [{ name: 'prefix', value: encoded(prefix) }] } } };

/** What a subscription to a topic has to say, to be told of keys below a prefix only: in whichever way S3 writes them. */
export function filterOfSubscription(prefix: string): Record<string, sns.FilterOrPolicy> {
  const matchPrefixes = [...new Set([encoded(prefix), further(encoded(prefix))])];
  const key = sns.FilterOrPolicy.filter(sns.SubscriptionFilter.stringFilter({ matchPrefixes }));
  const inside = (name: string, policy: sns.FilterOrPolicy): sns.FilterOrPolicy =>
    sns.FilterOrPolicy.policy({ [name]: policy });
  return { Records: inside('s3', inside('object', inside('key', key))) };
}
