/** Where Lambda keeps the events of a function that failed (AWS Lambda, "Capturing records of asynchronous invocations"). */
export const failedEventsPrefix = (functionName: string): string => `aws/lambda/async/${functionName}/`;
