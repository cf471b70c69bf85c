import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { count, derivedName, flag, resourceType, tags, unused } from './resource-type.ts';

const generated = z.strictObject({
  PasswordLength: count.optional(),
  ExcludeCharacters: z.string().optional(),
  ExcludeLowercase: flag.optional(),
  ExcludeNumbers: flag.optional(),
  ExcludePunctuation: flag.optional(),
  ExcludeUppercase: flag.optional(),
  IncludeSpace: flag.optional(),
  RequireEachIncludedType: flag.optional(),
  SecretStringTemplate: z.string().optional(),
  GenerateStringKey: z.string().optional(),
});
const secretProperties = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  SecretString: z.string().optional(),
  GenerateSecretString: generated.optional(),
  Tags: tags.optional(),
  KmsKeyId: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html */
export const secret = resourceType(secretProperties, async (wanted, resource, { clients: { secrets } }) => {
  const Name = wanted.Name ?? derivedName(resource, 512);
  const there = await secrets.send(new DescribeSecretCommand({ SecretId: Name })).catch(() => undefined);
  if (there?.ARN) {
    if (wanted.SecretString !== undefined) {
      await secrets.send(new PutSecretValueCommand({ SecretId: Name, SecretString: wanted.SecretString }));
    }
    return { ref: there.ARN, attributes: { Id: there.ARN } };
  }
  const SecretString = wanted.SecretString ?? (await generate(secrets, wanted.GenerateSecretString));
  const { ARN = '' } = await secrets.send(
    new CreateSecretCommand({ Name, Description: wanted.Description, SecretString, Tags: wanted.Tags }),
  );
  return { ref: ARN, attributes: { Id: ARN } };
});

/** Undefined (a secret without a value) where the template asks for none: someone puts it there later. */
async function generate(
  secrets: SecretsManagerClient,
  wanted: z.infer<typeof generated> | undefined,
): Promise<string | undefined> {
  if (!wanted) return undefined;
  const { SecretStringTemplate, GenerateStringKey, ...rules } = wanted;
  const { RandomPassword = '' } = await secrets.send(new GetRandomPasswordCommand(rules));
  if (GenerateStringKey === undefined) return RandomPassword;
  const template = JSON.parse(SecretStringTemplate ?? '{}') as Record<string, unknown>;
  return JSON.stringify({ ...template, [GenerateStringKey]: RandomPassword });
}
