import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answered, type CloudFormationEvent, isFromCloudFormation } from '../../../functions/rights/cloudformation.ts';
import type { ApplyRightsResult } from '../../../functions/rights/contract.ts';
import { AdminCredentialsUnusable } from '../../../workflow/errors.ts';

interface Put {
  readonly method: string | undefined;
  readonly contentType: string | undefined;
  readonly body: Record<string, unknown>;
}
let server: Server;
let puts: Put[];
let status: number;
let event: CloudFormationEvent;

beforeEach(async () => {
  [puts, status] = [[], 200];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { method, headers } = request;
      puts.push({ method, contentType: headers['content-type'], body: JSON.parse(text) as Record<string, unknown> });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  event = {
    RequestType: 'Create',
    ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer?signature=x`,
    StackId: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1',
    RequestId: 'request',
    LogicalResourceId: 'ClusterRights',
  };
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const result: ApplyRightsResult = {
  outcome: 'created',
  role: 'permafrost-archive',
  dryRun: false,
  differences: [],
  mapped: [],
  others: [],
};
const addressed = {
  StackId: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1',
  RequestId: 'request',
  LogicalResourceId: 'ClusterRights',
  PhysicalResourceId: 'ClusterRights',
};

test('an event of CloudFormation is known from a request by hand', () => {
  expect(isFromCloudFormation({ ...event, ResourceProperties: { ServiceToken: 'x' } })).toBe(true);
  expect(isFromCloudFormation({})).toBe(false);
  expect(isFromCloudFormation({ dryRun: true })).toBe(false);
});

test('a success is told', async () => {
  expect(await answered(event, () => Promise.resolve(result))).toEqual(result);
  const body = { ...addressed, Status: 'SUCCESS', Data: { Outcome: 'created' } };
  // The address is signed for a request without a content type.
  expect(puts).toEqual([{ method: 'PUT', contentType: '', body }]);
});

test('a failure is told with its name, and is no failure of the invocation', async () => {
  const work = (): Promise<never> => Promise.reject(new AdminCredentialsUnusable('x'.repeat(5000)));
  expect(await answered({ ...event, PhysicalResourceId: 'former' }, work)).toBeUndefined();
  const [{ body }] = puts as [Put];
  expect(body).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'former' });
  expect(body['Reason']).toMatch(/^AdminCredentialsUnusable: x+$/);
  expect(JSON.stringify(body).length).toBeLessThan(4096);
});

test('nothing is done when the stack is deleted', async () => {
  const work = (): Promise<never> => Promise.reject(new AdminCredentialsUnusable('must not be asked'));
  expect(await answered({ ...event, RequestType: 'Delete' }, work)).toBeUndefined();
  expect(puts.map(({ body }) => body)).toEqual([{ ...addressed, Status: 'SUCCESS' }]);
});

test('where CloudFormation does not take the answer, the invocation fails', async () => {
  status = 403;
  await expect(answered(event, () => Promise.resolve(result))).rejects.toMatchObject({
    name: 'CloudFormationUnanswered',
    message: /403/,
  });
  const nowhere = { ...event, ResponseURL: 'http://127.0.0.1:1/answer' };
  await expect(answered(nowhere, () => Promise.resolve(result))).rejects.toMatchObject({
    name: 'CloudFormationUnanswered',
  });
});
