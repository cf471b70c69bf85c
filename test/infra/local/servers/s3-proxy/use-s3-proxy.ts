import type { LifecycleRule, NotificationConfiguration, PutObjectCommandInput, StorageClass } from '@aws-sdk/client-s3';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { S3Call } from '../../../../../infra/local/servers/s3-proxy/call.ts';
import type { S3Proxy } from '../../../../../infra/local/servers/s3-proxy/start.ts';
import { startS3Proxy } from '../../../../../infra/local/servers/s3-proxy/start.ts';
import type { Credentials, Versitygw } from '../../../../../infra/local/servers/versitygw.ts';
import { startVersitygw } from '../../../../../infra/local/servers/versitygw.ts';

export const rootCredentials = { accessKeyId: 'root', secretAccessKey: 'root-secret' };

export const archiveRule: LifecycleRule = {
  ID: 'volumes become cold',
  Status: 'Enabled',
  Filter: { Prefix: 'archives/' },
  Transitions: [{ Days: 30, StorageClass: 'GLACIER' }],
  Expiration: { Days: 400 },
  NoncurrentVersionExpiration: { NoncurrentDays: 7, NewerNoncurrentVersions: 2 },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
};

/** What was delivered to a queue or topic. */
export interface Delivered {
  destination: string;
  message: unknown;
}

/** A real versitygw behind the proxy for the tests of a file, with a new bucket for each test. */
export function useS3Proxy(): ProxyUnderTest {
  const proxy = new ProxyUnderTest();
  beforeAll(() => proxy.start(), 400_000); // versitygw is built where it is not there yet
  afterAll(() => proxy.stop());
  beforeEach(() => proxy.newBucket());
  return proxy;
}

class ProxyUnderTest {
  server!: Versitygw;
  s3!: S3Client;
  bucket = '';
  calls: S3Call[] = [];
  delivered: Delivered[] = [];
  /** How often a delivery is refused before the next one is taken. */
  refusals = 0;
  #folder = '';
  #proxy!: S3Proxy;
  #buckets = 0;

  async start(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 's3-proxy-test-'));
    this.server = await startVersitygw({ dataDir: this.#folder, credentials: rootCredentials });
    await this.#startProxy();
  }

  async #startProxy(): Promise<void> {
    this.#proxy = await startS3Proxy({
      upstream: this.server.url,
      stateFile: join(this.#folder, 'proxy.json'),
      thawSeconds: 0.4,
      credentials: rootCredentials,
      onCall: (call) => this.calls.push(call),
      notify: async (destination, message) => {
        await Promise.resolve();
        if (this.refusals > 0) {
          this.refusals -= 1;
          throw new Error('the queue is not there');
        }
        this.delivered.push({ destination, message: JSON.parse(message) });
      },
    });
    this.s3 = this.clientOf(rootCredentials);
  }

  async restart(): Promise<void> {
    await this.#proxy.stop();
    await this.#startProxy();
  }

  async stop(): Promise<void> {
    await this.#proxy.stop();
    await this.server.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async newBucket(): Promise<void> {
    this.#buckets += 1;
    this.bucket = `bucket-${this.#buckets}`;
    await this.s3.send(new CreateBucketCommand({ Bucket: this.bucket }));
    this.calls = [];
    this.delivered = [];
    this.refusals = 0;
  }

  clientOf(credentials: Credentials, endpoint = this.#proxy.url): S3Client {
    return new S3Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  }

  /** Puts the configuration; forgets the test events that it makes. */
  async putNotifications(NotificationConfiguration: NotificationConfiguration): Promise<void> {
    const request = { Bucket: this.bucket, NotificationConfiguration };
    await this.s3.send(new PutBucketNotificationConfigurationCommand(request));
    this.delivered = [];
  }

  async enableVersioning(): Promise<void> {
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await this.s3.send(new PutBucketVersioningCommand({ Bucket: this.bucket, VersioningConfiguration }));
  }

  /** Stores `content of <key>`; returns the version. */
  async put(key: string, storageClass?: StorageClass, further: Partial<PutObjectCommandInput> = {}): Promise<string> {
    const object = { Bucket: this.bucket, Key: key, Body: `content of ${key}`, StorageClass: storageClass, ...further };
    return (await this.s3.send(new PutObjectCommand(object))).VersionId ?? 'null';
  }

  head(key: string, VersionId?: string) {
    return this.s3.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key, VersionId }));
  }

  async get(key: string, VersionId?: string): Promise<string | undefined> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, VersionId }));
    return await Body?.transformToString();
  }

  restore(key: string, VersionId?: string) {
    const request = { Bucket: this.bucket, Key: key, VersionId, RestoreRequest: { Days: 1 } };
    return this.s3.send(new RestoreObjectCommand(request));
  }

  /** Storage class by key, as listed. */
  async classes(): Promise<Record<string, string | undefined>> {
    const { Contents = [] } = await this.s3.send(new ListObjectsV2Command({ Bucket: this.bucket }));
    return Object.fromEntries(Contents.map(({ Key = '', StorageClass }) => [Key, StorageClass]));
  }

  async putRules(...Rules: LifecycleRule[]): Promise<void> {
    const request = { Bucket: this.bucket, LifecycleConfiguration: { Rules } };
    await this.s3.send(new PutBucketLifecycleConfigurationCommand(request));
  }

  async applyLifecycle(): Promise<unknown> {
    const response = await fetch(`${this.#proxy.url}/_local/apply-lifecycle?bucket=${this.bucket}`, { method: 'POST' });
    return await response.json();
  }
}
