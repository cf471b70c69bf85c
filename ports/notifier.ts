/** What Permafrost asks of a notification service. */

/** Failures are `NotifierUnavailable` (retryable) or `NotAllowed`. */
export interface Notifier {
  /** Publishes a notice. `subject`: at most 100 ASCII characters, one line; `message`: text. */
  publish(subject: string, message: string): Promise<void>;
}
