import { createServer, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Roles } from '../../../../infra/local/deploy/roles.ts';
import { Calls } from '../../../../infra/local/gateway/calls.ts';
import { startOpenSearchProxy } from '../../../../infra/local/gateway/opensearch-proxy.ts';
import type { LocalServer } from '../../../../infra/local/gateway/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'opensearch-proxy-'));
const roles = new Roles();
const role = roles.add('start-snapshot', 'arn:aws:iam::000000000000:role/start-snapshot');
/** Answers with the headers that it was sent. */
const node = createServer((request, response) => response.end(JSON.stringify(request.headers)));
let withRights: LocalServer;
let without: LocalServer;

beforeAll(async () => {
  node.listen(0, '127.0.0.1');
  await once(node, 'listening');
  const options = {
    upstream: () => `http://127.0.0.1:${(node.address() as AddressInfo).port}`,
    domainArn: 'arn:aws:es:us-east-1:000000000000:domain/logs',
    calls: new Calls(join(folder, 'calls.jsonl'), roles),
  };
  without = await startOpenSearchProxy(options);
  withRights = await startOpenSearchProxy({ ...options, roleOf: (key) => roles.byAccessKey(key)?.arn });
});
afterAll(async () => {
  await Promise.all([without.stop(), withRights.stop()]);
  node.close();
  rmSync(folder, { recursive: true });
});

const signedBy = (key: string): string =>
  `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/es/aws4_request, SignedHeaders=host, Signature=0`;
const claims = { 'x-proxy-user': 'arn:of:somebody', 'x-proxy-roles': 'arn:of:somebody', 'x-forwarded-for': '10.0.0.1' };

async function seen({ url }: LocalServer, headers: Record<string, string>): Promise<IncomingHttpHeaders> {
  const all = (await (await fetch(url, { headers })).json()) as IncomingHttpHeaders;
  const { authorization, 'x-proxy-user': user, 'x-proxy-roles': ofRoles, 'x-forwarded-for': by } = all;
  return Object.fromEntries(
    Object.entries({ authorization, user, roles: ofRoles, by }).filter(([, value]) => value !== undefined),
  );
}

describe('with fine-grained access control', () => {
  test('a signed call comes as its IAM role, whatever it says of itself, and without the signature', async () => {
    const authorization = signedBy(role.credentials.accessKeyId);
    const expected = { user: role.arn, roles: role.arn, by: '127.0.0.1' };
    expect(await seen(withRights, { authorization })).toEqual(expected);
    expect(await seen(withRights, { authorization, ...claims })).toEqual(expected);
  });

  test('a call by an unknown key, or by nobody, comes as nobody', async () => {
    expect(await seen(withRights, { authorization: signedBy('AKIAUNKNOWN'), ...claims })).toEqual({});
    expect(await seen(withRights, claims)).toEqual({});
  });

  test('a password goes on to the node, with no role beside it', async () => {
    expect(await seen(withRights, { authorization: 'Basic YTpi', ...claims })).toEqual({ authorization: 'Basic YTpi' });
  });
});

test('without it the node is sent what the caller sent', async () => {
  const authorization = signedBy(role.credentials.accessKeyId);
  expect(await seen(without, { authorization })).toEqual({ authorization });
});
