import { aws_iam as iam } from 'aws-cdk-lib';
import type { aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { repositoriesPrefix } from '../../archive/keys.ts';
import { list, objects } from './statements.ts';

/** The role with which the cluster itself reads and writes snapshots; only the one domain may take it. */
export function snapshotRole(
  scope: Construct,
  props: { staging: s3.IBucket; domainArn: string; account: string },
): iam.Role {
  const role = new iam.Role(scope, 'SnapshotRole', {
    description: 'Snapshots of the OpenSearch domain, in the staging bucket only',
    assumedBy: new iam.ServicePrincipal('es.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': props.account },
        ArnEquals: { 'aws:SourceArn': props.domainArn },
      },
    }),
  });
  role.addToPolicy(
    objects(props.staging, repositoriesPrefix, [
      's3:GetObject',
      's3:PutObject',
      's3:DeleteObject',
      's3:AbortMultipartUpload',
      's3:ListMultipartUploadParts',
    ]),
  );
  role.addToPolicy(list(props.staging, [repositoriesPrefix]));
  return role;
}
