import { readFileSync } from 'node:fs';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** nginx 1.28.3 of the official image, for both architectures. */
export const proxyImage =
  'public.ecr.aws/docker/library/nginx:1.28-alpine@sha256:a8b39bd9cf0f83869a2162827a0caf6137ddf759d50a171451b335cecc87d236';

/** Above 1024: no rights are needed to listen there. */
export const proxyPort = 8080;

/** The only folder that the container writes to. */
export const proxyRunFolder = '/run/proxy';

export const healthPath = '/healthz';

/** The container's command: all that makes the public image the proxy. */
export const proxyCommand = (): string[] => ['/bin/sh', '-c', read('start.sh')];

export interface ProxySettings {
  /** Comma-separated ranges of those who may come. */
  readonly allowedCidrs: string;
  /** Comma-separated ranges of the load balancer's subnets. */
  readonly balancerCidrs: string;
  /** The domain's name, without https://. */
  readonly upstreamHost: string;
}

export const proxyEnvironment = (settings: ProxySettings): Record<string, string> => ({
  NGINX_CONFIGURATION: read('nginx.conf'),
  ALLOWED_CIDRS: settings.allowedCidrs,
  BALANCER_CIDRS: settings.balancerCidrs,
  UPSTREAM_HOST: settings.upstreamHost,
  LISTEN: String(proxyPort),
  RUN_FOLDER: proxyRunFolder,
});
