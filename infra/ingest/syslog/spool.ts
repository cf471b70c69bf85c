import { RemovalPolicy, aws_ec2 as ec2, aws_efs as efs, aws_iam as iam } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { allow } from '../../constructs/statements.ts';

/** Of the container's user: the image says the same. */
const userId = '1000';

export interface SpoolProps {
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.SubnetSelection;
  readonly users: ec2.ISecurityGroup;
  /** One folder each. */
  readonly receivers: number;
}

/** Where received lines wait for the bucket: EFS, which outlives tasks. A folder for each receiver, which sees no other. */
export class Spool extends Construct {
  readonly fileSystem: efs.FileSystem;
  readonly folders: readonly efs.AccessPoint[];

  constructor(scope: Construct, id: string, { vpc, subnets, users, receivers }: SpoolProps) {
    super(scope, id);
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      allowAllOutbound: false,
      description: 'Spool of syslog: NFS from its receivers',
    });
    securityGroup.addIngressRule(users, ec2.Port.NFS, 'Receivers of syslog');
    this.fileSystem = new efs.FileSystem(this, 'FileSystem', {
      vpc,
      vpcSubnets: subnets,
      securityGroup,
      encrypted: true,
      allowAnonymousAccess: false,
      throughputMode: efs.ThroughputMode.ELASTIC,
      // What is in it was received, and has not been stored anywhere else.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.folders = Array.from({ length: receivers }, (_, index) =>
      this.fileSystem.addAccessPoint(`Folder${index + 1}`, {
        path: `/receiver-${index + 1}`,
        posixUser: { uid: userId, gid: userId },
        createAcl: { ownerUid: userId, ownerGid: userId, permissions: '0750' },
      }),
    );
  }

  /** Mounting and writing, through the folders only. */
  rights(): iam.PolicyStatement {
    return allow(['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'], [this.fileSystem.fileSystemArn], {
      Bool: { 'aws:SecureTransport': 'true' },
      StringEquals: { 'elasticfilesystem:AccessPointArn': this.folders.map((folder) => folder.accessPointArn) },
    });
  }
}
