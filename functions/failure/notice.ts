/** An SNS subject: ASCII, one line, at most 100 characters (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html). */
export const subjectLine = (text: string): string => text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 100);

/** The execution's page in the AWS console, where it is redriven. */
export function consoleUrl(executionArn: string): string {
  const region = executionArn.split(':')[3] ?? '';
  return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/${executionArn}`;
}
