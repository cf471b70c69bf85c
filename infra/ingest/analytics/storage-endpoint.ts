import { Fn, Stack, aws_ec2 as ec2, type aws_lambda as lambda, type aws_s3 as s3 } from 'aws-cdk-lib';
import { Construct } from 'constructs';

export interface StorageEndpointProps {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly vpc: ec2.IVpc;
  readonly user: ec2.ISecurityGroup;
  /** The only bucket that can be reached by it. */
  readonly bucket: s3.IBucket;
}

/**
 * The way to one bucket for a function in public subnets, where functions have no address to reach the internet from. Without names
 * of its own in the VPC: whatever else is there keeps its way to S3.
 */
export class StorageEndpoint extends Construct {
  /** Of the endpoint; the client puts the bucket's name before it. */
  readonly url: string;

  constructor(scope: Construct, id: string, { vpcId, subnetIds, vpc, user, bucket }: StorageEndpointProps) {
    super(scope, id);
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      allowAllOutbound: false,
      description: 'The way to the bucket of failed events: HTTPS from the indexer',
    });
    securityGroup.addIngressRule(user, ec2.Port.HTTPS, 'From the indexer');
    const endpoint = new ec2.CfnVPCEndpoint(this, 'Endpoint', {
      vpcId,
      vpcEndpointType: 'Interface',
      serviceName: `com.amazonaws.${Stack.of(this).region}.s3`,
      privateDnsEnabled: false,
      subnetIds: [...subnetIds],
      securityGroupIds: [securityGroup.securityGroupId],
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: '*',
            Action: ['s3:PutObject', 's3:ListBucket'],
            Resource: [bucket.bucketArn, bucket.arnForObjects('*')],
          },
        ],
      },
    });
    // The first entry is ZONE:*.vpce-....vpce.amazonaws.com; S3 wants `bucket` for its asterisk.
    this.url = `https://bucket${Fn.select(1, Fn.split('*', Fn.select(0, endpoint.attrDnsEntries)))}`;
  }

  usedBy(user: lambda.Function): void {
    user.addEnvironment('AWS_ENDPOINT_URL_S3', this.url);
  }
}
