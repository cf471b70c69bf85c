import type { Answer } from '../answer.ts';

/** A notification configuration is not taken; carries what the client is told. */
export class NotificationsRefused extends Error {
  override readonly name = 'NotificationsRefused';
  readonly answer: Answer;

  constructor(answer: Answer, options: ErrorOptions = {}) {
    super(answer.body, options);
    this.answer = answer;
  }
}
