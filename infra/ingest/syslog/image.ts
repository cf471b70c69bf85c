import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aws_ecr_assets as assets } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { bundleImage } from '../../constructs/bundles.ts';

const configuration = fileURLToPath(new URL('../../../tasks/ship-syslog/rsyslog.conf', import.meta.url));

/** The image of rsyslog and the program around it: Dockerfile, bundle and rsyslog's configuration. */
export function receiverImage(scope: Construct): assets.DockerImageAsset {
  const directory = bundleImage(scope, 'tasks/ship-syslog/main');
  copyFileSync(configuration, join(directory, 'rsyslog.conf'));
  return new assets.DockerImageAsset(scope, 'Image', { directory, platform: assets.Platform.LINUX_AMD64 });
}
