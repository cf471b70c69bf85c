import type { Field, Visualisation } from './visualisation.ts';

/** Every visualisation, by the dashboard that it belongs to, in the order in which they stand there. */

const of = (field: string, label: string, most = 10): Field => ({ field, label, most });
const event = of('eventName', 'Event', 20);
const service = of('eventSource', 'Service');
const region = of('awsRegion', 'Region', 20);
const caller = of('userIdentity.arn', 'Caller', 20);
const role = of('userIdentity.sessionContext.sessionIssuer.userName', 'Role', 20);
const address = of('sourceIPAddress', 'From', 20);

/** What services say when a call is not allowed: EC2 has a name of its own for it, others have a prefix before theirs. */
const denied = 'errorCode:(AccessDenied OR AccessDeniedException OR *UnauthorizedOperation OR *AccessDenied*)';
/** As the CIS benchmark counts it: by the root user itself, not by a service on its behalf. */
const byRoot = 'userIdentity.type:Root AND NOT _exists_:userIdentity.invokedBy AND NOT eventType:AwsServiceEvent';
const logon = 'eventName:ConsoleLogin';

export const activity: readonly Visualisation[] = [
  { id: 'permafrost-events', title: 'Events by service', kind: 'timeline', by: [service] },
  { id: 'permafrost-event-names', title: 'Most frequent events', kind: 'bars', by: [event] },
  { id: 'permafrost-services', title: 'Services', kind: 'ring', by: [service] },
  { id: 'permafrost-regions', title: 'Regions', kind: 'ring', by: [region] },
  {
    id: 'permafrost-identities',
    title: 'Kinds of callers',
    kind: 'ring',
    by: [of('userIdentity.type', 'Kind of caller')],
  },
  { id: 'permafrost-callers', title: 'Callers and their services', kind: 'table', by: [caller, service] },
  { id: 'permafrost-addresses', title: 'Where calls come from', kind: 'table', by: [address] },
  {
    id: 'permafrost-changes',
    title: 'Changes: who did what',
    kind: 'table',
    query: 'readOnly:false',
    by: [caller, event],
  },
];

export const denials: readonly Visualisation[] = [
  { id: 'permafrost-denied-calls', title: 'Denied calls', kind: 'number', query: denied, by: [] },
  { id: 'permafrost-root-calls', title: 'Calls of the root user', kind: 'number', query: byRoot, by: [] },
  {
    id: 'permafrost-denials',
    title: 'Denied calls by service',
    kind: 'timeline',
    query: denied,
    by: [service],
  },
  {
    id: 'permafrost-denied-callers',
    title: 'Who was denied what',
    kind: 'table',
    query: denied,
    by: [caller, service, event],
  },
  {
    id: 'permafrost-denied-addresses',
    title: 'Where denied calls came from',
    kind: 'table',
    query: denied,
    by: [address],
  },
  {
    id: 'permafrost-errors',
    title: 'Errors of all kinds',
    kind: 'bars',
    query: '_exists_:errorCode',
    by: [of('errorCode', 'Error', 20)],
  },
  {
    id: 'permafrost-root-use',
    title: 'What the root user did, where, and from where',
    kind: 'table',
    query: byRoot,
    by: [event, region, address],
  },
];

export const logons: readonly Visualisation[] = [
  {
    id: 'permafrost-logons',
    title: 'Logons to the console',
    kind: 'timeline',
    query: logon,
    by: [of('responseElements.ConsoleLogin', 'Outcome', 5)],
  },
  {
    id: 'permafrost-logon-kinds',
    title: 'Who logs on: roles, users, root',
    kind: 'ring',
    query: logon,
    by: [of('userIdentity.type', 'Kind')],
  },
  {
    id: 'permafrost-logon-roles',
    title: 'With which role, who, from where',
    kind: 'table',
    query: `${logon} AND responseElements.ConsoleLogin:Success`,
    by: [role, caller, address],
  },
  {
    id: 'permafrost-logon-users',
    title: 'Without a role: who, with a second factor or not, from where',
    kind: 'table',
    query: `${logon} AND responseElements.ConsoleLogin:Success AND NOT userIdentity.type:AssumedRole`,
    by: [caller, of('additionalEventData.MFAUsed', 'Second factor', 5), address],
  },
  {
    id: 'permafrost-logon-failures',
    title: 'Failed logons: from where, why',
    kind: 'table',
    query: `${logon} AND responseElements.ConsoleLogin:Failure`,
    by: [address, of('errorMessage', 'Reason')],
  },
  {
    id: 'permafrost-switched-roles',
    title: 'Roles switched in the console: who, to which, from where',
    kind: 'table',
    query: 'eventName:SwitchRole AND responseElements.SwitchRole:Success',
    by: [caller, of('additionalEventData.SwitchTo', 'To', 20), address],
  },
  {
    id: 'permafrost-logon-addresses',
    title: 'Where logons came from',
    kind: 'bars',
    query: logon,
    by: [address],
  },
];
