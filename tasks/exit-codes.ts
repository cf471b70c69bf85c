import { PermafrostError } from '../workflow/errors.ts';

/** Exit codes that mean the same in the tasks of a volume; 30 is each one's own. */
export const commonExitCodes = {
  done: 0,
  settings: 10,
  records: 20,
  storage: 40,
  interrupted: 50,
  unexpected: 70,
} as const;

const common: Readonly<Record<string, number>> = {
  InvalidSettings: commonExitCodes.settings,
  RunRecordInvalid: commonExitCodes.records,
  FormatInvalid: commonExitCodes.records,
  StoreUnavailable: commonExitCodes.storage,
  BucketMissing: commonExitCodes.storage,
  NotAllowed: commonExitCodes.storage,
  ObjectMissing: commonExitCodes.storage,
  ObjectExists: commonExitCodes.storage,
  ObjectFrozen: commonExitCodes.storage,
  StoreAnswerUnknown: commonExitCodes.storage,
  TaskInterrupted: commonExitCodes.interrupted,
};

/** @param own codes of the errors, by name, that only this task has */
export const exitCodesBy =
  (own: Readonly<Record<string, number>>) =>
  (error: unknown): number =>
    error instanceof PermafrostError
      ? (own[error.name] ?? common[error.name] ?? commonExitCodes.unexpected)
      : commonExitCodes.unexpected;
