import { Validations, aws_ec2 as ec2, aws_elasticloadbalancingv2 as elb } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { accessLogsBucket } from './access-logs.ts';
import type { Inputs } from './inputs.ts';
import { proxyPort } from './proxy/container.ts';
import { Proxy } from './proxy.ts';

export interface EntranceProps {
  readonly inputs: Inputs;
  readonly vpc: ec2.IVpc;
  readonly domain: { readonly hostName: string; readonly securityGroup: ec2.SecurityGroup };
  /** Address ranges of the subnets. */
  readonly subnetCidrs: string;
}

/**
 * The way in: a load balancer that ends TLS, and behind it the proxy. The security group of the one and the configuration of the
 * other are made of the same list; a change of it touches these two, never the domain.
 */
export class Entrance extends Construct {
  /** Of the load balancer; the certificate's name must lead there. */
  readonly hostName: string;

  constructor(scope: Construct, id: string, { inputs, vpc, domain, subnetCidrs }: EntranceProps) {
    super(scope, id);
    const balancerGroup = new ec2.CfnSecurityGroup(this, 'BalancerSecurityGroup', {
      vpcId: inputs.vpcId,
      groupDescription: 'The load balancer before Dashboards: HTTPS from allowed addresses',
      securityGroupIngress: [...inputs.allowedIngress],
    });
    Validations.of(balancerGroup).acknowledge({
      id: 'AwsSolutions-EC23',
      reason:
        'The ranges are those of the list, each of /8 or smaller by its rule; in the template for the console the check cannot read them.',
    });
    const balancers = ec2.SecurityGroup.fromSecurityGroupId(this, 'Balancers', balancerGroup.attrGroupId, {
      mutable: false,
    });
    const proxies = new ec2.SecurityGroup(this, 'ProxySecurityGroup', {
      vpc,
      allowAllOutbound: false,
      description: 'The proxy before Dashboards: HTTP from the load balancer',
    });
    // The rest of the rules apart: each of the two groups names the other.
    new ec2.CfnSecurityGroupEgress(this, 'BalancerToProxy', {
      groupId: balancerGroup.attrGroupId,
      ipProtocol: 'tcp',
      fromPort: proxyPort,
      toPort: proxyPort,
      destinationSecurityGroupId: proxies.securityGroupId,
      description: 'To the proxy',
    });
    proxies.addIngressRule(balancers, ec2.Port.tcp(proxyPort), 'From the load balancer');
    proxies.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'The domain, the registry, the logs');
    domain.securityGroup.addIngressRule(proxies, ec2.Port.HTTPS, 'From the proxy');

    const accessLogs = accessLogsBucket(this);
    const balancer = new elb.CfnLoadBalancer(this, 'LoadBalancer', {
      type: 'application',
      scheme: 'internet-facing',
      ipAddressType: 'ipv4',
      subnets: [...inputs.subnetIds],
      securityGroups: [balancerGroup.attrGroupId],
      loadBalancerAttributes: attributes(accessLogs.bucketName),
    });
    // The service tries the bucket when it is told of it.
    balancer.node.addDependency(accessLogs.policy!);
    const proxy = new Proxy(this, 'Proxy', { inputs, vpc, securityGroup: proxies, domain, subnetCidrs });
    const listener = new elb.CfnListener(this, 'Listener', {
      loadBalancerArn: balancer.ref,
      port: 443,
      protocol: 'HTTPS',
      sslPolicy: elb.SslPolicy.TLS13_RES,
      certificates: [{ certificateArn: inputs.certificateArn }],
      defaultActions: [{ type: 'forward', targetGroupArn: proxy.targetGroup.ref }],
    });
    // A service wants a target group that a load balancer has.
    proxy.service.addResourceDependency(listener);
    this.hostName = balancer.attrDnsName;
  }
}

const attributes = (accessLogs: string): elb.CfnLoadBalancer.LoadBalancerAttributeProperty[] =>
  Object.entries({
    // The client's address goes to the end of what it wrote; the proxy looks at no other.
    'routing.http.xff_header_processing.mode': 'append',
    'routing.http.xff_client_port.enabled': 'false',
    'routing.http.drop_invalid_header_fields.enabled': 'true',
    'routing.http.desync_mitigation_mode': 'strictest',
    // Longer than the proxy waits for the domain, shorter than it keeps an idle connection (nginx.conf).
    'idle_timeout.timeout_seconds': '130',
    'access_logs.s3.enabled': 'true',
    'access_logs.s3.bucket': accessLogs,
  }).map(([key, value]) => ({ key, value }));
