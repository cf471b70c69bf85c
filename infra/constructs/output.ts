import { CfnOutput, type Stack } from 'aws-cdk-lib';

/** An output under exactly this name, for people and scripts. */
export function output(stack: Stack, name: string, value: string): void {
  new CfnOutput(stack, `${name}Output`, { value }).overrideLogicalId(name);
}
