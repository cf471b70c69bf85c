import type { IncomingMessage, ServerResponse } from 'node:http';
import { RuntimeServiceError } from '../runtime/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { serveStates } from '../states/wire.ts';
import type { Calls } from './calls.ts';
import { answerEcs } from './ecs-protocol.ts';
import { forward, readBody } from './forward.ts';
import { answerLambda } from './lambda-protocol.ts';
import { answerLogs } from './logs-protocol.ts';
import { withScaledDelay } from './message-delay.ts';
import { type Notifications, publishedNotification } from './notifications.ts';
import { actionOf, parseServiceRequest, resourceOf } from './request.ts';
import { answerJson, type LocalServer, serve } from './server.ts';

export interface GatewayOptions {
  /** Address of the server of all services that are not answered here. */
  upstream: string;
  /** Made after the gateway, whose address it needs. */
  runtime: () => Runtime;
  /** What delays of messages are multiplied by. */
  timeScale: number;
  calls: Calls;
  notifications: Notifications;
}

/**
 * The address of all AWS services but S3: answers Step Functions, ECS, Lambda and CloudWatch Logs itself, passes everything else
 * on, and records each call with the role that made it. Its own pages: GET /_local/calls, GET /_local/notifications (JSON lines),
 * POST /_local/schedules/<name>[?time=<ISO 8601>].
 */
export async function startGateway(options: GatewayOptions): Promise<LocalServer> {
  return serve(async (incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    if (url.pathname.startsWith('/_local/')) return localPage(options, incoming, response, url);
    const body = await readBody(incoming);
    const runtime = options.runtime();
    const request = parseServiceRequest(incoming.headers, body.toString());
    const notification = request.service === 'sns' ? publishedNotification(request.form) : undefined;
    // Before the caller hears of it: whoever sees an execution end finds its calls and notifications.
    const note = (status: number): void => {
      const { accessKeyId } = request;
      options.calls.add({ accessKeyId, action: actionOf(request), resource: resourceOf(request), status });
      if (notification && status < 300) options.notifications.add(notification);
    };
    if (request.service === 'states') {
      if (await serveStates(runtime.states)(incoming, response, body)) note(response.statusCode);
      else answerJson(response, 404, { __type: 'UnknownOperationException', message: 'X-Amz-Target is missing' });
    } else if (request.service === 'ecs') {
      const { status, content } = answerEcs(runtime.tasks, request.operation, request.parameters);
      note(status);
      answerJson(response, status, content);
    } else if (request.service === 'logs') {
      const { status, content } = answerLogs(runtime.logGroups, request.operation, request.parameters);
      note(status);
      answerJson(response, status, content);
    } else if (request.service === 'lambda') {
      const method = incoming.method ?? 'GET';
      const { status, headers, text, call } = await answerLambda(runtime, method, url, incoming.headers, body);
      options.calls.add({ accessKeyId: request.accessKeyId, status, ...call });
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
    } else {
      const sent = withScaledDelay(request, options.timeScale) ?? body;
      await forward(incoming, response, options.upstream, sent, note);
    }
  });
}

async function localPage(
  { calls, notifications, runtime }: GatewayOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const page = `${incoming.method ?? ''} ${url.pathname}`;
  const lines = page === 'GET /_local/calls' ? calls : page === 'GET /_local/notifications' ? notifications : undefined;
  if (lines) {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(lines.text());
    return;
  }
  const schedule = /^POST \/_local\/schedules\/(.+)$/.exec(page)?.[1];
  if (schedule === undefined) {
    answerJson(response, 404, { message: `There is no ${page}` });
    return;
  }
  const { schedules } = runtime();
  const time = url.searchParams.get('time');
  try {
    const started = await schedules.fire(decodeURIComponent(schedule), time === null ? new Date() : new Date(time));
    answerJson(response, 200, started);
  } catch (error) {
    if (!(error instanceof RuntimeServiceError)) throw error;
    const { name, message } = error;
    answerJson(response, 404, { __type: name, message, schedules: schedules.names() });
  }
}
