import { z } from 'zod';

/** Where things run: settings that the archiving and the restoring side both have. */

/** Further rules are tried on what has the form only: one fault is told once. */
export const matching = (pattern: RegExp, error: string): z.ZodString =>
  z.string().regex(pattern, { error, abort: true });
export const httpsUrl = z.url({ protocol: /^https$/, error: 'must be an https:// URL', abort: true });
export const distinct = (items: readonly string[]): boolean => new Set(items).size === items.length;

export const accountId = z
  .string('must be the 12 digits in quotes')
  .regex(/^\d{12}$/, { error: 'must be an AWS account id: 12 digits', abort: true });
export const regionName = matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be the name of an AWS region: eu-west-1');
export const cronExpression = matching(
  /^cron\(\S+( \S+){5}\)$/,
  'must be an expression of six fields: cron(0 2 * * ? *)',
);
export const rateOrCron = matching(
  /^(cron\(\S+( \S+){5}\)|rate\((1 (minute|hour|day)|([2-9]|[1-9]\d{1,3}) (minutes|hours|days))\))$/,
  'must be rate(30 minutes), rate(1 hour), ... or an expression of six fields: cron(0/30 * * * ? *)',
);
export const bucketName = matching(
  /^(?!xn--|sthree-)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'must be the name of a bucket: 3 to 63 of a-z, 0-9, "." and "-"',
);
export const secretArn = matching(
  /^arn:aws(-[a-z-]+)?:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$/,
  'must be the whole ARN of a secret: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-xxxxxx',
);
export const keyArn = matching(
  /^arn:aws(-[a-z-]+)?:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
  'must be the ARN of a key',
);
export const timezone = z
  .string()
  .refine(isTimezone, { error: 'must be a time zone of the IANA database: Europe/Dublin' });

/** Region of an ARN. */
const regionOf = (arn: string): string | undefined => arn.split(':')[3];

/** The region in the endpoint's name, where that is of the service: a custom endpoint has none. */
function regionOfEndpoint(endpoint: string): string | undefined {
  const [, region, dualStack] =
    /(?:\.([a-z0-9-]+)\.es\.amazonaws\.com(?:\.cn)?|\.aos\.([a-z0-9-]+)\.on\.aws)$/.exec(new URL(endpoint).hostname) ??
    [];
  return region ?? dualStack;
}

export const domain = z
  .strictObject({
    endpoint: httpsUrl.refine((url) => new URL(url).pathname === '/', {
      error: 'must be the endpoint alone, without a path',
    }),
    arn: matching(
      /^arn:aws(-[a-z-]+)?:es:[a-z0-9-]+:\d{12}:domain\/[a-z][a-z0-9-]{2,27}$/,
      'must be the ARN of an OpenSearch domain: arn:aws:es:REGION:ACCOUNT:domain/NAME',
    ),
  })
  .superRefine(({ endpoint, arn }, context) => {
    const [reached, named] = [regionOfEndpoint(endpoint), regionOf(arn)];
    if (reached === undefined || reached === named) return;
    context.addIssue({ code: 'custom', path: ['endpoint'], message: `is in region ${reached}, but arn in ${named}` });
  });

/** Subnets that reach the domain. Without them the functions run outside a VPC, and the domain must have a public endpoint. */
export const network = z
  .strictObject({
    vpcId: matching(/^vpc-[0-9a-f]{8,17}$/, 'must be the id of a VPC: vpc-...'),
    subnetIds: z.array(matching(/^subnet-[0-9a-f]{8,17}$/, 'must be the id of a subnet: subnet-...')).min(1),
    /** Of each subnet, in the same order. */
    availabilityZones: z.array(matching(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'must be the name of a zone: eu-west-1a')),
    /** Of each subnet, in the same order; needed for the gateway endpoint of S3. */
    routeTableIds: z.array(matching(/^rtb-[0-9a-f]{8,17}$/, 'must be the id of a route table: rtb-...')).optional(),
    /** True where the VPC has neither a NAT gateway nor endpoints of its own. */
    createEndpoints: z.boolean().default(false),
  })
  .refine(({ subnetIds }) => distinct(subnetIds), { error: 'names a subnet twice', path: ['subnetIds'] })
  .refine(({ subnetIds, availabilityZones }) => subnetIds.length === availabilityZones.length, {
    error: 'must name the zone of each subnet, in the same order',
    path: ['availabilityZones'],
  })
  .refine(
    ({ createEndpoints, subnetIds, routeTableIds }) => {
      return !createEndpoints || routeTableIds?.length === subnetIds.length;
    },
    {
      error: 'must name the route table of each subnet, in the same order, when createEndpoints is true',
      path: ['routeTableIds'],
    },
  );

/** Whether the domain is in the account and region. */
export const isIn = (
  { arn }: z.output<typeof domain>,
  place: { readonly account: string; readonly region: string },
): boolean => {
  const [, , , domainRegion, domainAccount] = arn.split(':');
  return domainRegion === place.region && domainAccount === place.account;
};

function isTimezone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
