import {
  type LambdaClient,
  LambdaServiceException,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { MappingsUnavailable, NotAllowed, type PermafrostError } from '../workflow/errors.ts';
import type { EventSourceMappings } from './event-source-mappings.ts';

/**
 * Event source mappings of Lambda. Needs lambda:ListEventSourceMappings (which has no resource) and
 * lambda:UpdateEventSourceMapping on the mappings of the functions in question (condition lambda:FunctionArn).
 */
export function lambdaEventSourceMappings(client: LambdaClient): EventSourceMappings {
  return {
    async find(functionName, sourceArn) {
      const ids: string[] = [];
      let marker: string | undefined;
      do {
        const page = await client
          .send(
            new ListEventSourceMappingsCommand({
              FunctionName: functionName,
              EventSourceArn: sourceArn,
              Marker: marker,
            }),
          )
          .catch((cause: unknown) => {
            throw mappingError(cause, `lambda:ListEventSourceMappings of ${functionName}`);
          });
        ids.push(...(page.EventSourceMappings ?? []).flatMap(({ UUID }) => UUID ?? []));
        marker = page.NextMarker;
      } while (marker !== undefined && marker !== '');
      return ids;
    },
    async setEnabled(id, enabled) {
      try {
        await client.send(new UpdateEventSourceMappingCommand({ UUID: id, Enabled: enabled }));
      } catch (cause) {
        if (cause instanceof Error && cause.name === 'ResourceNotFoundException') return;
        throw mappingError(cause, `lambda:UpdateEventSourceMapping of ${id}`);
      }
    },
  };
}

/** A mapping that is still being changed answers `ResourceInUseException`, 400: it passes. */
function mappingError(cause: unknown, asked: string): PermafrostError {
  const { name, message } = cause instanceof Error ? cause : { name: 'Unknown', message: String(cause) };
  const status = cause instanceof LambdaServiceException ? cause.$metadata.httpStatusCode : undefined;
  const text = `${asked}: ${name}: ${message}`;
  return status === 403 ? new NotAllowed(text, { cause }) : new MappingsUnavailable(text, { cause });
}
