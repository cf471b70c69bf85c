/**
 * The function of the groundwork, as text: CloudFormation takes up to 4,096 characters without a bucket to fetch them from, and
 * the clients of IAM and EC2 are those of Lambda's runtime.
 *
 * `CreateServiceLinkedRole` answers InvalidInput where the role exists, and says so in words only. A role that is new is known
 * everywhere some seconds later.
 */
export const groundworkSource = `
const { IAMClient, CreateServiceLinkedRoleCommand } = require('@aws-sdk/client-iam');
const { EC2Client, DescribeSubnetsCommand } = require('@aws-sdk/client-ec2');

async function ensureRole(service) {
  try {
    await new IAMClient().send(new CreateServiceLinkedRoleCommand({ AWSServiceName: service }));
    return true;
  } catch (error) {
    if (!/has been taken in this account/.test(error.message)) throw error;
    return false;
  }
}

async function subnetCidrs(ids) {
  const { Subnets } = await new EC2Client().send(new DescribeSubnetsCommand({ SubnetIds: ids }));
  return Subnets.map((subnet) => subnet.CidrBlock).sort().join(',');
}

async function work({ SubnetIds, Services }) {
  const made = [];
  for (const service of Services) if (await ensureRole(service)) made.push(service);
  if (made.length > 0) await new Promise((resolve) => setTimeout(resolve, 15000));
  console.log(JSON.stringify({ message: 'Groundwork', made }));
  return { SubnetCidrs: await subnetCidrs(SubnetIds) };
}

exports.handler = async (event) => {
  const { StackId, RequestId, LogicalResourceId } = event;
  const answer = { Status: 'SUCCESS', StackId, RequestId, LogicalResourceId, PhysicalResourceId: LogicalResourceId };
  try {
    // The roles stay when the stack goes: others may use them.
    if (event.RequestType !== 'Delete') answer.Data = await work(event.ResourceProperties);
  } catch (error) {
    console.error(JSON.stringify({ message: 'Failed', error: String(error) }));
    Object.assign(answer, { Status: 'FAILED', Reason: String(error).slice(0, 1000) });
  }
  const response = await fetch(event.ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body: JSON.stringify(answer) });
  if (!response.ok) throw new Error('CloudFormation answered ' + response.status);
};
`.trimStart();
