import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startSecurityPlugin, type SecurityPlugin } from '../../../support/security-plugin.ts';

/** Answers as OpenSearch Dashboards does where `import-dashboards` asks it, before a cluster with the security plugin. */
export class FakeDashboards {
  readonly templates = new Map<string, unknown>();
  /** Ids of what was imported. */
  readonly objects: string[] = [];
  /** Of each request that was taken: method and path, of the cluster where it was meant for that. */
  readonly asked: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  /** What the import answers instead. */
  importAnswer: object | undefined;
  readonly #password: string;
  #security!: SecurityPlugin;
  #server!: Server;

  constructor(password: string) {
    this.#password = password;
  }

  get security(): SecurityPlugin {
    return this.#security;
  }

  async start(): Promise<string> {
    this.#security = await startSecurityPlugin();
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#security.close();
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const content = Buffer.concat(chunks);
    const url = new URL(request.url ?? '', 'http://x');
    const wanted = `Basic ${Buffer.from(`admin:${this.#password}`).toString('base64')}`;
    if (request.headers.authorization !== wanted) return { status: 401, body: '{"message":"Unauthorized"}' };
    if (request.headers['osd-xsrf'] === undefined)
      return { status: 400, body: '{"message":"Request must contain a osd-xsrf header."}' };
    this.headers.push(request.headers);
    if (url.pathname === '/_dashboards/api/console/proxy') {
      return this.#console(url.searchParams.get('method')!, url.searchParams.get('path')!, content.toString());
    }
    if (url.pathname === '/_dashboards/api/saved_objects/_import' && url.searchParams.get('overwrite') === 'true') {
      this.asked.push('import');
      const lines = fileIn(content.toString()).trimEnd().split('\n');
      this.objects.push(...lines.map((line) => (JSON.parse(line) as { id: string }).id));
      return { status: 200, body: JSON.stringify(this.importAnswer ?? { success: true, successCount: lines.length }) };
    }
    return { status: 404, body: '{"statusCode":404,"error":"Not Found","message":"Not Found"}' };
  }

  async #console(method: string, path: string, body: string): Promise<{ status: number; body: string }> {
    this.asked.push(`${method} ${path}`);
    if (path.startsWith('/_index_template/')) {
      this.templates.set(path.slice('/_index_template/'.length), JSON.parse(body));
      return { status: 200, body: '{"acknowledged":true}' };
    }
    const response = await fetch(new URL(path, this.#security.url), {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== '' && { body }),
    });
    return { status: response.status, body: await response.text() };
  }
}

/** The one part of a form with the field `file` (RFC 7578). */
function fileIn(form: string): string {
  const [head = '', rest = ''] = form.split(/\r\n\r\n(.*)/s);
  if (!/name="file"; filename="[^"]+\.ndjson"/.test(head)) throw new RangeError(`not a form with a file: ${head}`);
  return rest.slice(0, rest.lastIndexOf('\r\n--'));
}
