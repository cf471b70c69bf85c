/** Access logs of a web shop behind nginx, as a log shipper that parses the combined format would send them. */
import { midnight, momentsOf } from './day.ts';
import { seededRandom, type Random } from './random.ts';

/** Fields: those of nginx's variables, named as in the Elastic Common Schema's predecessor that most pipelines still use. */
export interface AccessLog {
  readonly '@timestamp': string;
  readonly log_type: 'access';
  readonly host: string;
  readonly client_ip: string;
  readonly user: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly protocol: string;
  readonly status: number;
  readonly bytes: number;
  readonly request_time_ms: number;
  readonly upstream: string;
  readonly referrer: string;
  readonly user_agent: string;
  readonly request_id: string;
  readonly tls: { readonly version: string; readonly cipher: string };
  /** The line as nginx wrote it. */
  readonly message: string;
}

const hosts = ['www.example.com', 'shop.example.com', 'api.example.com'] as const;
const products = 4000;
const userAgents = [
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36',
    46,
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
    24,
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
    12,
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0', 9],
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 6],
  ['curl/8.11.1', 2],
  ['ELB-HealthChecker/2.0', 1],
] as const;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

const address = (random: Random): string =>
  `${random.pick([18, 34, 51, 77, 81, 93, 104, 145, 178, 203])}.${random.whole(256)}.${random.whole(256)}.${1 + random.whole(254)}`;

function request(random: Random): { method: string; path: string; query: string; type: 'page' | 'asset' | 'api' } {
  const product = 1 + random.whole(products);
  return random.weighted([
    [{ method: 'GET', path: `/products/${product}`, query: '', type: 'page' }, 30],
    [
      {
        method: 'GET',
        path: '/search',
        query: `q=${random.pick(['lamp', 'desk', 'oak+chair', 'rug', 'shelf'])}&page=${1 + random.whole(9)}`,
        type: 'page',
      },
      12,
    ],
    [{ method: 'GET', path: '/', query: '', type: 'page' }, 10],
    [{ method: 'GET', path: `/assets/app.${(product * 7919).toString(16)}.js`, query: '', type: 'asset' }, 14],
    [{ method: 'GET', path: `/images/${product}/large.webp`, query: 'w=1280', type: 'asset' }, 18],
    [{ method: 'POST', path: '/v1/basket/items', query: '', type: 'api' }, 7],
    [{ method: 'GET', path: `/v1/stock/${product}`, query: '', type: 'api' }, 7],
    [{ method: 'DELETE', path: `/v1/basket/items/${product}`, query: '', type: 'api' }, 1],
    [{ method: 'GET', path: '/wp-login.php', query: '', type: 'page' }, 1],
  ]);
}

/** nginx's `$time_local`. */
const localTime = (iso: string): string =>
  `${iso.slice(8, 10)}/${months[Number(iso.slice(5, 7)) - 1] ?? ''}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;

export function accessLog(time: number, random: Random): AccessLog {
  const timestamp = new Date(time).toISOString();
  const { method, path, query, type } = request(random);
  const status =
    path === '/wp-login.php'
      ? 404
      : random.weighted([
          [200, 88],
          [304, 5],
          [301, 2],
          [404, 3],
          [499, 1],
          [502, 0.3],
          [500, 0.7],
        ]);
  const bytes =
    status === 304 || status === 499 ? 0 : Math.floor((type === 'asset' ? 90_000 : 9000) * random.next() ** 2) + 150;
  const slow = random.next();
  const request_time_ms = type === 'asset' ? 1 + random.whole(8) : Math.floor(12 + 60 * slow + 2500 * slow ** 40);
  const client_ip = address(random);
  const user = type === 'api' ? `customer-${random.whole(20_000)}` : '-';
  const user_agent = random.weighted(userAgents);
  const referrer = random.weighted([
    ['-', 40],
    [`https://${hosts[1]}/`, 45],
    ['https://www.google.com/', 15],
  ]);
  const target = query === '' ? path : `${path}?${query}`;
  return {
    '@timestamp': timestamp,
    log_type: 'access',
    host: type === 'api' ? hosts[2] : random.pick([hosts[0], hosts[1]]),
    client_ip,
    user,
    method,
    path,
    query,
    protocol: 'HTTP/2.0',
    status,
    bytes,
    request_time_ms,
    upstream: `10.0.${1 + random.whole(3)}.${10 + random.whole(20)}:8080`,
    referrer,
    user_agent,
    request_id: random.hex(32),
    tls: { version: 'TLSv1.3', cipher: random.pick(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384']) },
    message: `${client_ip} - ${user} [${localTime(timestamp)}] "${method} ${target} HTTP/2.0" ${status} ${bytes} "${referrer}" "${user_agent}"`,
  };
}

/** A day of access logs, in order of time. */
export function* accessLogs({ date, docs, seed }: { date: string; docs: number; seed: number }): Generator<AccessLog> {
  midnight(date);
  const random = seededRandom(`access/${date}/${seed}`);
  for (const time of momentsOf(date, docs, random)) yield accessLog(time, random);
}
