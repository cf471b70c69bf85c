import { afterEach, beforeEach, expect, it } from 'vitest';
import { dashboards, DashboardsRefused } from '../../../../infra/ingest/analytics/import/dashboards.ts';
import { indexerRole, indexerRoleName, prepareDomain } from '../../../../infra/ingest/analytics/import/prepare.ts';
import { indexTemplate, templateName } from '../../../../infra/ingest/analytics/saved-objects/index-template.ts';
import { FakeDashboards } from './fake-dashboards.ts';
import { shippedObjects } from './saved.ts';

const role = 'arn:aws:iam::222233334444:role/indexer';
const password = 'Correct-Horse-7';
let fake: FakeDashboards;
let url: string;
beforeEach(async () => {
  fake = new FakeDashboards(password);
  url = await fake.start();
});
afterEach(() => fake.stop());

const prepare = (more: object = {}, said: string[] = []): Promise<void> =>
  prepareDomain(dashboards({ url, username: 'admin', password, ...more }), role, (line) => said.push(line));

it('maps the indices, gives the indexer its role, and imports what Dashboards shows', async () => {
  const said: string[] = [];
  await prepare({}, said);
  expect(fake.templates.get(templateName)).toEqual(indexTemplate);
  expect(fake.security.roles.get(indexerRoleName)).toMatchObject(indexerRole);
  expect(fake.security.mappings.get(indexerRoleName)?.backend_roles).toEqual([role]);
  expect(fake.objects).toEqual(shippedObjects().map(({ id }) => id));
  expect(said.at(-1)).toBe('Dashboards has 3 dashboards with 22 visualisations.');
});

it('maps the indices before anybody may write them', async () => {
  await prepare();
  const at = (begins: string): number => fake.asked.findIndex((asked) => asked.startsWith(begins));
  expect(at('PUT /_index_template/')).toBeLessThan(at('PUT /_plugins/_security/api/rolesmapping/'));
});

it('imports for all users, by the address of the domain or of Dashboards', async () => {
  await prepare({ url: `${url}/_dashboards/app/home` });
  for (const headers of fake.headers) expect(headers).toMatchObject({ securitytenant: 'global', 'osd-xsrf': 'true' });
});

it('changes nothing the second time, and leaves others who have the role', async () => {
  await prepare();
  const mapping = fake.security.mappings.get(indexerRoleName)!;
  mapping.users = ['someone'];
  mapping.backend_roles = ['arn:aws:iam::222233334444:role/other'];
  await prepare();
  expect(fake.security.mappings.get(indexerRoleName)).toMatchObject({
    users: ['someone'],
    backend_roles: ['arn:aws:iam::222233334444:role/other', role],
  });
  const before = fake.asked.length;
  await prepare();
  expect(fake.asked.slice(before).filter((asked) => asked.startsWith('PUT') && asked.includes('rolesmapping'))).toEqual(
    [],
  );
});

it('says when the password is not that of the domain, without it', async () => {
  const failing = prepare({ password: 'Wrong-Horse-8' });
  await expect(failing).rejects.toThrow(DashboardsRefused);
  await expect(failing).rejects.toThrow(/401 \(user and password of the secret are not those of the domain\)/);
  await expect(failing).rejects.not.toThrow(/Wrong-Horse/);
});

it.each([
  { success: false, successCount: 25, errors: [{ id: 'x', error: { type: 'unsupported_type' } }] },
  { success: true, successCount: 3 },
])('is not done when only some objects were taken: %j', async (answer) => {
  fake.importAnswer = answer;
  await expect(prepare()).rejects.toThrow(DashboardsRefused);
});

it('says when the proxy refuses, or nothing answers', async () => {
  fake.security.interfere = () => ({ status: 403, body: { status: 'FORBIDDEN', message: 'No permission' } });
  await expect(prepare()).rejects.toThrow(/403 \(the address is not in the list, or the user is no administrator\)/);
  await expect(prepare({ url: 'http://127.0.0.1:9' })).rejects.toThrow(/no answer from http:\/\/127\.0\.0\.1:9/);
});
