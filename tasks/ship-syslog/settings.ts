import { z } from 'zod';

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port')
  .transform(Number)
  .refine((value) => value > 0 && value < 65_536, 'must be from 1 to 65535');

const wholeNumber = (least: number, most: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`);

const pem = z.string().regex(/-----BEGIN [A-Z ]+-----/, 'must be PEM');

/** Environment of the syslog receiver. Region, credentials and endpoint are the AWS SDK's own variables. */
export const shipSyslogEnvironment = z.object({
  LOG_BUCKET: z.string().min(1),
  /** Senders may be in another: S3 answers who asks in the wrong region with a redirection. */
  LOG_BUCKET_REGION: z.string().min(1),
  /** Keys begin so; ends with `/`. No two receivers may have the same. */
  KEY_PREFIX: z.string().regex(/^([\w.-]+\/)+$/, 'must be a key prefix that ends with "/"'),
  /** A folder that outlives the container, of this receiver alone; an earlier process of it may still use it. */
  SPOOL_FOLDER: z.string().startsWith('/'),
  /** A folder for certificate and key, of the container alone. */
  TLS_FOLDER: z.string().startsWith('/'),
  TLS_CERTIFICATE: pem,
  /** A secret: given to the container by reference, never in its definition. */
  TLS_KEY: pem,
  /** PEM of the authority of the senders' certificates; without it any sender may connect. */
  TLS_SENDER_AUTHORITY: pem.optional(),
  ADDRESS: z.string().default('0.0.0.0'),
  TCP_PORT: port.default(10_514),
  TLS_PORT: port.default(6514),
  /** The file is closed when it is so old or so large. */
  CLOSE_AFTER_SECONDS: wholeNumber(1, 3600).default(60),
  CLOSE_AFTER_MIB: wholeNumber(1, 1024).default(64),
  /** What another process left in the spool folder is taken over when it gave no sign of life for so long. */
  ABANDONED_AFTER_SECONDS: wholeNumber(1, 3600).default(180),
  /** Where rsyslog and its modules are. */
  RSYSLOGD: z.string().default('/usr/sbin/rsyslogd'),
  RSYSLOG_CONFIGURATION: z.string().default('/app/rsyslog.conf'),
  RSYSLOG_MODULES: z.string().optional(),
});
export type ShipSyslogEnvironment = z.infer<typeof shipSyslogEnvironment>;
