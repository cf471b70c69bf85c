/**
 * How `cwl-*` is mapped: known fields by name, free-form objects in one field each, nothing else. Every API has fields of its own;
 * were they mapped as they come, the index would soon have more fields than it may.
 */

const keyword = { type: 'keyword', ignore_above: 1024 } as const;
const date = { type: 'date' } as const;
const boolean = { type: 'boolean' } as const;
/** Any content; found by `requestParameters.bucketName: x`, never counted. */
const anything = { type: 'flat_object' } as const;
/** Only these members can be found and counted; others are kept. */
const only = (properties: Record<string, object>): object => ({ type: 'object', dynamic: false, properties });

export const templateName = 'permafrost-cwl';

export const indexTemplate = {
  index_patterns: ['cwl-*'],
  priority: 100,
  template: {
    settings: { number_of_shards: 1, number_of_replicas: 1, 'index.mapping.total_fields.limit': 300 },
    mappings: {
      dynamic: false,
      properties: {
        '@timestamp': date,
        // Of any log
        owner: keyword,
        logGroup: keyword,
        logStream: keyword,
        logEventId: keyword,
        message: { type: 'text', norms: false },
        json: anything,
        // Of CloudTrail (docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html)
        eventVersion: keyword,
        eventTime: date,
        eventSource: keyword,
        eventName: keyword,
        eventType: keyword,
        eventCategory: keyword,
        eventID: keyword,
        sharedEventID: keyword,
        requestID: keyword,
        awsRegion: keyword,
        // A name of a service stands here as often as an address.
        sourceIPAddress: keyword,
        userAgent: keyword,
        errorCode: keyword,
        errorMessage: keyword,
        readOnly: boolean,
        managementEvent: boolean,
        recipientAccountId: keyword,
        vpcEndpointId: keyword,
        sessionCredentialFromConsole: keyword,
        userIdentity: only({
          type: keyword,
          principalId: keyword,
          arn: keyword,
          accountId: keyword,
          accessKeyId: keyword,
          userName: keyword,
          invokedBy: keyword,
          identityProvider: keyword,
          sessionContext: only({
            sessionIssuer: only({ type: keyword, arn: keyword, accountId: keyword, userName: keyword }),
            attributes: only({ mfaAuthenticated: keyword, creationDate: date }),
          }),
        }),
        requestParameters: anything,
        responseElements: only({ ConsoleLogin: keyword, SwitchRole: keyword }),
        additionalEventData: only({ MFAUsed: keyword, MobileVersion: keyword, SwitchTo: keyword, SwitchFrom: keyword }),
      },
    },
  },
} as const;
