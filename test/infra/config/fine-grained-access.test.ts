import { expect, test } from 'vitest';
import { domain } from '../../../infra/config/fine-grained-access.ts';

const place = {
  endpoint: 'https://vpc-logs-example.eu-west-1.es.amazonaws.com',
  arn: 'arn:aws:es:eu-west-1:111122223333:domain/logs',
};
const masterSecretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:master-a1b2c3';
const masterRoleArn = 'arn:aws:iam::111122223333:role/path/master';
const kmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

test.each([
  { masterSecretArn },
  { masterSecretArn, masterSecretKmsKeyArn: kmsKeyArn },
  { masterRoleArn },
  { ownRole: true, archiveIndices: ['by-hand-*'] },
])('one way to become an administrator is accepted: %j', (fineGrainedAccess) => {
  const parsed = domain.parse({ ...place, fineGrainedAccess });
  expect(parsed.fineGrainedAccess).toEqual({ archiveIndices: [], ...fineGrainedAccess });
});

test('a domain without fine-grained access control needs nothing', () => {
  expect(domain.parse(place)).toEqual(place);
});

test.each([
  [{}, 'must have one of masterSecretArn, masterRoleArn and ownRole'],
  [{ masterSecretArn, masterRoleArn }, 'must have one of masterSecretArn, masterRoleArn and ownRole'],
  [{ masterRoleArn, ownRole: true }, 'must have one of masterSecretArn, masterRoleArn and ownRole'],
  [{ masterRoleArn, masterSecretKmsKeyArn: kmsKeyArn }, 'must not be there without masterSecretArn'],
  [{ masterSecretArn: 'master' }, 'must be the whole ARN of a secret'],
  [{ masterRoleArn: 'arn:aws:iam::111122223333:user/me' }, 'must be the ARN of a role'],
  [{ ownRole: false }, 'true'],
  [{ masterRoleArn, archiveIndices: ['Upper'] }, 'must be lower case'],
])('%j is refused', (fineGrainedAccess, message) => {
  const { error } = domain.safeParse({ ...place, fineGrainedAccess });
  expect(error?.issues.map((issue) => issue.message).join('; ')).toContain(message);
});
