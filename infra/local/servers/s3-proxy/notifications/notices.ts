import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { errorAnswer } from '../answer.ts';
import type { ProxyState } from '../state.ts';
import { configurationBody, type NotificationRule, parseConfiguration } from './configuration.ts';
import { deliver, type Notify } from './deliver.ts';
import { includes } from './event-names.ts';
import { fits } from './fits.ts';
import { createdMessage, type CreatedObject, type RequestIds, testMessage } from './message.ts';
import { NotificationsRefused } from './refused.ts';

/** A write that the upstream has done; what only the stored object tells is looked up when somebody wants to hear of it. */
export type Written = Omit<CreatedObject, 'time' | 'size' | 'eTag'>;

/** Tells the destinations that the buckets' notification configurations name. */
export class Notices {
  readonly #state: ProxyState;
  readonly #upstream: S3Client | null;
  readonly #notify: Notify | null;

  /** `upstream` may read every object. Without one of the two, no configuration with destinations is taken. */
  constructor(state: ProxyState, upstream: S3Client | null, notify: Notify | null) {
    this.#state = state;
    this.#upstream = upstream;
    this.#notify = notify;
  }

  /**
   * Tries each destination of a new configuration with a test event, as S3 does; returns the configuration to be stored.
   * @throws NotificationsRefused when it is malformed or overlaps with itself, or when a destination does not take the event.
   */
  async accept(bucket: string, body: string, ids: RequestIds): Promise<string> {
    const rules = parseConfiguration(body);
    const destinations = [...new Set(rules.map(({ destination }) => destination))];
    const message = testMessage(bucket, new Date(), ids);
    const tried = await Promise.allSettled(destinations.map((each) => this.#try(each, message)));
    const failed = tried.flatMap((result, index) =>
      result.status === 'rejected' ? [{ destination: destinations[index]!, cause: result.reason as unknown }] : [],
    );
    if (failed.length > 0) {
      const details = Object.fromEntries(
        failed.flatMap(({ destination, cause }, index) => [
          [`ArgumentName${index + 1}`, `${destination}, null`],
          [`ArgumentValue${index + 1}`, `Not able to validate the destination: ${String(cause)}`],
        ]),
      );
      const message = 'Unable to validate the following destination configurations';
      throw new NotificationsRefused(errorAnswer(400, 'InvalidArgument', message, details));
    }
    return configurationBody(rules);
  }

  async #try(destination: string, message: string): Promise<void> {
    if (!this.#notify || !this.#upstream)
      throw new NoDelivery('this proxy was started without a way to deliver notices');
    await deliver(this.#notify, destination, message);
  }

  /**
   * Sends one message for each matching entry of the bucket's configuration; resolves once all have been taken. It costs nothing
   * when none matches. When it rejects, some may have been taken: like S3's, notices come at least once.
   */
  async created(written: Written): Promise<void> {
    const rules = this.#matching(written);
    const [notify, upstream] = [this.#notify, this.#upstream];
    if (rules.length === 0) return;
    if (!notify || !upstream) throw new NoDelivery('the bucket has notifications, but no way to deliver them');
    const object = { ...written, time: new Date(), ...(await sizeAndTag(upstream, written)) };
    const sent = await Promise.allSettled(
      rules.map(({ id, destination }) => deliver(notify, destination, createdMessage(object, id))),
    );
    for (const result of sent) if (result.status === 'rejected') throw result.reason;
  }

  #matching({ bucket, key, creation }: Written): NotificationRule[] {
    const configuration = this.#state.configuration(bucket, 'notification');
    if (!configuration) return [];
    return parseConfiguration(configuration.body).filter((rule) => includes(rule.events, creation) && fits(rule, key));
  }
}

/** There is a configuration, but whoever started the proxy gave it nothing to deliver with. */
export class NoDelivery extends Error {
  override readonly name = 'NoDelivery';
}

/** Of the version written. Where the bucket keeps no versions, the object may have been replaced or deleted since. */
async function sizeAndTag(
  upstream: S3Client,
  { bucket, key, versionId }: Written,
): Promise<Pick<CreatedObject, 'size' | 'eTag'>> {
  try {
    const request = { Bucket: bucket, Key: key, ...(versionId !== undefined && { VersionId: versionId }) };
    const { ContentLength, ETag } = await upstream.send(new HeadObjectCommand(request));
    return { size: ContentLength, eTag: ETag?.replaceAll('"', '') };
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== 404) throw error;
    return { size: undefined, eTag: undefined };
  }
}
