import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ProxyUnderTest, request } from './proxy-under-test.ts';

/** The configuration that is shipped, in nginx. */

const proxy = new ProxyUnderTest();
beforeAll(() => proxy.start('192.0.2.0/24,198.51.100.7/32'), 120_000);
afterAll(() => proxy.stop());
beforeEach(() => void (proxy.received.length = 0));

const outsider = { client: '203.0.113.5' };

describe('who comes', () => {
  it('gets through from an allowed range, to the domain', async () => {
    expect(await proxy.raw(request('/_dashboards/app/home'))).toContain('of the domain');
    expect(await proxy.status(request('/_dashboards/', { client: '198.51.100.7' }))).toBe(200);
    expect(proxy.received).toHaveLength(2);
    expect(proxy.received[0]).toMatchObject({
      method: 'GET',
      url: '/_dashboards/app/home',
      headers: { host: 'logs.example.test', 'x-forwarded-for': '192.0.2.10', 'x-forwarded-proto': 'https' },
    });
  });

  it.each(['203.0.113.5', '198.51.100.8', '192.0.3.1', '127.0.0.9'])('is refused from %s', async (client) => {
    expect(await proxy.status(request('/_dashboards/', { client }))).toBe(403);
    expect(proxy.received).toEqual([]);
  });

  it.each([
    ['in front of the real address', request('/_dashboards/', { ...outsider, forwarded: '192.0.2.10' })],
    ['in front of several', request('/_dashboards/', { ...outsider, forwarded: '192.0.2.10, 127.0.0.9' })],
    [
      'in a line of its own',
      request('/_dashboards/', { ...outsider })
        .toString('latin1')
        .replace('X-F', 'X-Forwarded-For: 192.0.2.10\r\nX-F'),
    ],
    [
      'in other headers',
      request('/_dashboards/', { ...outsider, headers: ['X-Real-IP: 192.0.2.10', 'Forwarded: for=192.0.2.10'] }),
    ],
    ['with an underscore', request('/_dashboards/', { ...outsider, headers: ['X_Forwarded_For: 192.0.2.10'] })],
  ])('is refused with an allowed address forged %s', async (_, text) => {
    expect(await proxy.status(text)).toBe(403);
    expect(proxy.received).toEqual([]);
  });

  it('is refused past the load balancer, whatever it claims', async () => {
    expect(await proxy.status(request('/_dashboards/'), '127.0.0.1')).toBe(403);
  });

  it('passes its own address on, not what it wrote', async () => {
    await proxy.raw(request('/_dashboards/', { forwarded: '10.0.0.1, 127.0.0.9' }));
    expect(proxy.received[0]?.headers['x-forwarded-for']).toBe('192.0.2.10');
  });
});

describe('what is asked for', () => {
  it.each([
    '/',
    '/_search',
    '/_plugins/_security/api/internalusers',
    '/_dashboardsx',
    '/_dashboards/../_search',
    '/_dashboards/..%2f_search',
    '/_search/..%2f_dashboards/',
    '/_search/../_dashboards/',
    '/_search/%2e%2e/_dashboards/',
    '/%5fdashboards/../_search',
    '//_dashboards/',
    '/_dashboards//_search',
    '/_dashboards/..;/_search',
    '/_dashboards/..\\_search',
    '/_dashboards/%252e%252e/_search',
    '/_dashboards/.',
    '/_dashboards/#/../_search',
  ])('is refused: %s', async (path) => {
    expect(await proxy.status(request(path))).toSatisfy((status: number) => status === 404 || status === 400);
    expect(proxy.received).toEqual([]);
  });

  it.each([
    '/_dashboards',
    '/_dashboards?next=%2Fapp%2Fhome',
    '/_dashboards/api/saved_objects/index-pattern/cwl-*',
    '/_dashboards/api/console/proxy?path=%2F..%2F_search&method=GET',
    '/_dashboards/api/saved_objects/visualization%3A1',
  ])('is passed on as it was written: %s', async (path) => {
    expect(await proxy.status(request(path))).toBe(200);
    expect(proxy.received.map(({ url }) => url)).toEqual([path]);
  });

  it('may be the health of the proxy, by the load balancer alone', async () => {
    const check = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    expect(await proxy.status(check)).toBe(200);
    expect(await proxy.status(check, '127.0.0.1')).toBe(403);
    expect(await proxy.status(request('/healthz'))).toBe(403);
  });
});

describe('headers', () => {
  it('that Dashboards needs get through, all others do not', async () => {
    const wanted = ['Authorization: Basic dTpw', 'Cookie: a=b', 'osd-xsrf: true', 'securitytenant: global'];
    const unwanted = ['X-Proxy-User: admin', 'X-Proxy-Roles: all_access', 'X-Amz-Security-Token: t', 'TE: trailers'];
    const upgrade = ['Upgrade: h2c', 'X-Forwarded-Host: elsewhere', '_opensearch: 1', 'x-opaque-id: 7'];
    await proxy.raw(request('/_dashboards/', { headers: [...wanted, ...unwanted, ...upgrade] }));
    expect(Object.keys(proxy.received[0]!.headers).toSorted()).toEqual(
      [
        'host',
        'x-forwarded-for',
        'x-forwarded-proto',
        'authorization',
        'cookie',
        'osd-xsrf',
        'securitytenant',
      ].toSorted(),
    );
  });

  it.each([
    ['both lengths', ['Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['two lengths', ['Content-Length: 4', 'Content-Length: 40'], 'abcd'],
    ['an unknown encoding', ['Transfer-Encoding: xchunked'], 'abcd'],
    ['two encodings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], '0\r\n\r\n'],
    ['a length that is none', ['Content-Length: +4'], 'abcd'],
    ['two hosts', ['Host: elsewhere'], ''],
  ])('with %s are refused', async (_, headers, body) => {
    const inside = 'GET /_search HTTP/1.1\r\nHost: x\r\n\r\n';
    const text = Buffer.concat([request('/_dashboards/', { method: 'POST', headers }), Buffer.from(body + inside)]);
    expect(await proxy.status(text)).toSatisfy((status: number) => status === 400 || status === 501);
    expect(proxy.received).toEqual([]);
  });

  it('cannot hide a second request in the body of the first', async () => {
    const body = Buffer.from('GET /_search HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.10\r\n\r\n');
    await proxy.raw(request('/_dashboards/api', { method: 'POST', body }));
    expect(proxy.received).toMatchObject([{ url: '/_dashboards/api', bytes: body.length }]);
  });

  it.each(['X-Forwarded-For : 192.0.2.10', ' X-Forwarded-For: 192.0.2.10', 'X-Forwarded-For\0: 192.0.2.10'])(
    'written as %j change nothing',
    async (header) => {
      expect(await proxy.status(request('/_dashboards/', { ...outsider, headers: [header] }))).toSatisfy(
        (status: number) => status === 400 || status === 403,
      );
      expect(proxy.received).toEqual([]);
    },
  );

  it('of an answer lead back to the proxy, not to the domain', async () => {
    const answer = await proxy.raw(request('/_dashboards/moved'));
    // Neither its scheme nor its port: those are the load balancer's.
    expect(answer).toMatch(/\r\nlocation: \/_dashboards\/app\/home\r\n/i);
    expect(answer).toMatch(/strict-transport-security: max-age=31536000/i);
  });
});

describe('limits', () => {
  it('let a body of 10 MiB through, and no larger one', async () => {
    const most = 10 * 1024 * 1024;
    expect(await proxy.status(request('/_dashboards/api', { method: 'POST', body: Buffer.alloc(most) }))).toBe(200);
    expect(proxy.received[0]?.bytes).toBe(most);
    const larger = request('/_dashboards/api', { method: 'POST', headers: [`Content-Length: ${most + 1}`] });
    expect(await proxy.status(larger)).toBe(413);
    expect(proxy.received).toHaveLength(1);
  });

  it('count the bytes of a body whose length nobody told', async () => {
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000), Buffer.from('\r\n')]);
    const head = request('/_dashboards/api', { method: 'POST', headers: ['Transfer-Encoding: chunked'] });
    expect(await proxy.status(Buffer.concat([head, ...Array<Buffer>(11).fill(chunk)]))).toBe(413);
    expect(proxy.received).toEqual([]);
  });

  it('refuse headers without end', async () => {
    const headers = Array.from({ length: 5 }, (_, index) => `X-Long-${index}: ${'a'.repeat(15_000)}`);
    expect(await proxy.status(request('/_dashboards/', { headers }))).toBe(400);
  });

  it('slow one client down, and no other', async () => {
    const asked = await Promise.all(
      Array.from({ length: 400 }, () => proxy.status(request('/_dashboards/x', { client: '192.0.2.77' }))),
    );
    expect(asked.filter((status) => status === 200).length).toBeGreaterThanOrEqual(90);
    expect(asked).toContain(429);
    expect(await proxy.status(request('/_dashboards/x', { client: '192.0.2.78' }))).toBe(200);
  });
});

it('follows the domain to another address', async () => {
  await proxy.raw(request('/_dashboards/'));
  proxy.names.address = '127.0.0.2';
  await expect
    .poll(
      async () => {
        await proxy.raw(request('/_dashboards/'));
        return proxy.received.at(-1)?.address;
      },
      { timeout: 5000, interval: 300 },
    )
    .toBe('127.0.0.2');
  proxy.names.address = '127.0.0.1';
});

it('writes down who asked for what, without the question', async () => {
  await proxy.raw(request('/_dashboards/app?token=secret'));
  const lines = proxy
    .log()
    .split('\n')
    .filter((line) => line.includes('"path":"/_dashboards/app"'));
  expect(JSON.parse(lines[0]!)).toMatchObject({ client: '192.0.2.10', balancer: '127.0.0.9', status: 200 });
  expect(proxy.log()).not.toContain('secret');
});

describe('an environment that cannot be meant', () => {
  it.each([
    ['ALLOWED_CIDRS', ''],
    ['ALLOWED_CIDRS', '192.0.2.1'],
    ['ALLOWED_CIDRS', '0.0.0.0/0; include /etc/passwd'],
    ['BALANCER_CIDRS', 'everywhere'],
    ['UPSTREAM_HOST', 'a;b'],
    ['UPSTREAM_HOST', ''],
  ])('%s=%j: it does not start', async (name, value) => {
    const refused = new ProxyUnderTest();
    try {
      await expect(refused.start('192.0.2.0/24', { [name]: value })).rejects.toThrow(/code 64/);
    } finally {
      await refused.stop();
    }
  });
});
