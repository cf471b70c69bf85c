/** What ingestion asks of a queue. */

export interface MessageQueue {
  /**
   * Puts a message into the queue; done when the queue has stored it. `delaySeconds`: how long nobody sees it, 0 to 900.
   * Failures: `QueueUnavailable` (retryable), `NotAllowed`.
   */
  send(body: string, options?: { readonly delaySeconds?: number }): Promise<void>;
}
