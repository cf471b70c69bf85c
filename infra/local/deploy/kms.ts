import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  type KeySpec,
  type KeyUsageType,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { z } from 'zod';
import { arn, flag, resourceType, tags, unused } from './resource-type.ts';

const keyProperties = z.strictObject({
  Description: z.string().optional(),
  KeySpec: z.string().default('SYMMETRIC_DEFAULT'),
  KeyUsage: z.string().default('ENCRYPT_DECRYPT'),
  Tags: tags.optional(),
  Enabled: flag.optional(),
  KeyPolicy: unused, // no policy is enforced locally
  EnableKeyRotation: unused,
  RotationPeriodInDays: unused,
  PendingWindowInDays: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html */
export const kmsKey = resourceType(keyProperties, async (wanted, resource, { clients: { kms }, physicalIds }) => {
  const known = physicalIds.get(resource);
  if (known) {
    const there = await kms.send(new DescribeKeyCommand({ KeyId: known.ref })).catch(() => undefined);
    const spec: string | undefined = there?.KeyMetadata?.KeySpec;
    if (spec === wanted.KeySpec) return known;
  }
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({
      Description: wanted.Description,
      KeySpec: wanted.KeySpec as KeySpec,
      KeyUsage: wanted.KeyUsage as KeyUsageType,
      Tags: wanted.Tags?.map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value })),
    }),
  );
  const ref = KeyMetadata?.KeyId ?? '';
  return { ref, attributes: { Arn: KeyMetadata?.Arn ?? arn('kms', `key/${ref}`), KeyId: ref } };
});

const aliasProperties = z.strictObject({ AliasName: z.string(), TargetKeyId: z.string() });

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-alias.html */
export const kmsAlias = resourceType(aliasProperties, async (alias, _resource, { clients: { kms } }) => {
  try {
    await kms.send(new CreateAliasCommand(alias));
  } catch (error) {
    if ((error as Error).name !== 'AlreadyExistsException') throw error;
    await kms.send(new UpdateAliasCommand(alias));
  }
  return { ref: alias.AliasName, attributes: { Arn: arn('kms', alias.AliasName) } };
});
