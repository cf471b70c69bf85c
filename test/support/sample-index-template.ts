/** How the sample logs are indexed: exact values as keywords, the line itself as text, free-form objects kept but not indexed. */

const keyword = { type: 'keyword', ignore_above: 1024 } as const;
/** Looked up one at a time, never sorted or counted. */
const id = { ...keyword, doc_values: false } as const;
/** Searched for words, never ranked. */
const text = { type: 'text', norms: false, index_options: 'docs' } as const;
const date = { type: 'date' } as const;
const long = { type: 'long' } as const;
/** Kept in the source only: its fields differ with every API, and indexing them would soon exceed the limit of fields. */
const unindexed = { type: 'object', enabled: false } as const;

export const templateName = 'permafrost-sample-logs';

export const indexTemplate = {
  index_patterns: ['logdata-*'],
  priority: 100,
  template: {
    settings: { number_of_shards: 2, number_of_replicas: 0, refresh_interval: '30s' },
    mappings: {
      dynamic: false,
      properties: {
        '@timestamp': date,
        log_type: keyword,
        // Access logs
        host: keyword,
        client_ip: { type: 'ip' },
        user: keyword,
        method: keyword,
        path: keyword,
        query: keyword,
        protocol: keyword,
        status: { type: 'short' },
        bytes: long,
        request_time_ms: long,
        upstream: keyword,
        referrer: keyword,
        user_agent: keyword,
        request_id: id,
        tls: { properties: { version: keyword, cipher: keyword } },
        message: text,
        // CloudTrail events
        eventVersion: keyword,
        userIdentity: {
          properties: {
            type: keyword,
            principalId: keyword,
            arn: keyword,
            accountId: keyword,
            accessKeyId: keyword,
            userName: keyword,
            invokedBy: keyword,
            sessionContext: unindexed,
          },
        },
        eventTime: date,
        eventSource: keyword,
        eventName: keyword,
        awsRegion: keyword,
        // A name of a service stands here as often as an address.
        sourceIPAddress: keyword,
        userAgent: keyword,
        errorCode: keyword,
        errorMessage: text,
        requestParameters: unindexed,
        responseElements: unindexed,
        requestID: id,
        eventID: id,
        readOnly: { type: 'boolean' },
        eventType: keyword,
        managementEvent: { type: 'boolean' },
        recipientAccountId: keyword,
        eventCategory: keyword,
        tlsDetails: unindexed,
      },
    },
  },
} as const;
