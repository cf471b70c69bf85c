import { z } from 'zod';
import { distinct, matching } from '../../config/places.ts';

/** Roles in whatever account. Whole: a wildcard would let in roles that do not exist yet. */
export const roleArn = matching(
  /^arn:aws(-[a-z-]+)?:iam::\d{12}:role\/[\w+=,.@/-]+$/,
  'must be the whole ARN of a role, without wildcards: arn:aws:iam::ACCOUNT:role/NAME',
);
export const roleArns = z.array(roleArn).refine(distinct, { error: 'names a role twice' });

/** Takes neither of the two ways in which a log group is named elsewhere: by ARN, which ends with `:*`, or by pattern. */
export const logGroupName = matching(
  /^[\w.\-/#]{1,512}$/,
  'must be the name of a log group, not an ARN, without wildcards: /app/orders',
);

/** The network of an IPv4 range, without the bits of a host: `198.51.100.0/24` for `198.51.100.7/24`. */
export function networkOf(range: string): string {
  const [address = '', bits = '32'] = range.split('/');
  const whole = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(bits));
  const first = whole - (whole % size);
  return `${[24, 16, 8, 0].map((shift) => (first >>> shift) & 255).join('.')}/${bits}`;
}

/** Whether a range is one, and not an address with the size of its network: EC2 would store another than the template has. */
export const isNetwork = (range: string): boolean => networkOf(range) === range;
export const hasHostBits = {
  error: ({ input }: { readonly input?: unknown }): string => {
    const [range, [address]] = [String(input), String(input).split('/')];
    return `has bits of a host: the range is ${networkOf(range)}, the address alone ${address!}/32`;
  },
};
