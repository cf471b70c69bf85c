import { z } from 'zod';
import { TemplateError } from '../template/errors.ts';
import { readImage } from '../runtime/image.ts';
import { arn, count, derivedName, placeOf, resourceType, tags, unused } from './resource-type.ts';

const clusterProperties = z.strictObject({
  ClusterName: z.string().optional(),
  ClusterSettings: unused,
  Configuration: unused,
  CapacityProviders: unused,
  DefaultCapacityProviderStrategy: unused,
  Tags: unused,
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-cluster.html */
export const ecsCluster = resourceType(clusterProperties, (wanted, resource, { tasks }) => {
  const name = wanted.ClusterName ?? derivedName(resource, 255);
  const clusterArn = arn('ecs', `cluster/${name}`);
  tasks.defineCluster(name, clusterArn);
  return { ref: name, attributes: { Arn: clusterArn } };
});

const container = z.strictObject({
  Name: z.string(),
  Image: z.string(),
  Environment: z.array(z.strictObject({ Name: z.string(), Value: z.coerce.string() })).default([]),
  Secrets: z.array(z.strictObject({ Name: z.string(), ValueFrom: z.string() })).default([]),
  StopTimeout: count.default(30),
  EntryPoint: z.array(z.string()).optional(),
  Command: z.array(z.string()).optional(),
  Essential: unused,
  LogConfiguration: unused, // the log goes to a file of the data directory
  // A process on this machine has neither its own file system nor its own user, nor limits.
  ReadonlyRootFilesystem: unused,
  User: unused,
  Cpu: unused,
  Memory: unused,
  MemoryReservation: unused,
  LinuxParameters: unused,
  MountPoints: unused,
  PortMappings: unused,
  Privileged: unused,
  Ulimits: unused,
  HealthCheck: unused,
  VersionConsistency: unused,
});
const taskDefinitionProperties = z.strictObject({
  Family: z.string().optional(),
  ContainerDefinitions: z.tuple([container], 'exactly one container runs locally'),
  TaskRoleArn: z.string().optional(),
  ExecutionRoleArn: z.string().optional(),
  Cpu: z.string().optional(),
  Memory: z.string().optional(),
  NetworkMode: unused,
  RequiresCompatibilities: unused,
  RuntimePlatform: unused,
  EphemeralStorage: unused,
  Volumes: unused,
  Tags: tags.optional(),
});

/** Revision 1 always: the image that is deployed is the only one there is. */
export const ecsTaskDefinition = resourceType(taskDefinitionProperties, (wanted, resource, cloud) => {
  const [settings] = wanted.ContainerDefinitions;
  const imageTag = settings.Image.split(':').pop() ?? '';
  const asset = cloud.assembly.images.get(imageTag);
  if (!asset) {
    throw new TemplateError(
      placeOf(resource, 'Properties.ContainerDefinitions.0.Image'),
      `no image asset ${settings.Image}`,
    );
  }
  const family = wanted.Family ?? derivedName(resource, 255);
  const taskDefinitionArn = arn('ecs', `task-definition/${family}:1`);
  const image = readImage(asset);
  cloud.roles.usedBy(wanted.TaskRoleArn, family);
  cloud.roles.usedBy(wanted.ExecutionRoleArn, `${family} (start)`);
  cloud.tasks.define({
    family,
    arn: taskDefinitionArn,
    cpu: wanted.Cpu,
    memory: wanted.Memory,
    roleArns: [wanted.TaskRoleArn, wanted.ExecutionRoleArn].filter((roleArn) => roleArn !== undefined),
    container: {
      name: settings.Name,
      image: settings.Command ? { ...image, args: [...image.args, ...settings.Command] } : image,
      environment: {
        ...cloud.awsEnvironment(wanted.TaskRoleArn),
        ...Object.fromEntries(settings.Environment.map(({ Name, Value }) => [Name, cloud.localize(Value)])),
      },
      secrets: async () => {
        const read = settings.Secrets.map(async ({ Name, ValueFrom }) => {
          return [Name, await cloud.readSecret(ValueFrom, wanted.ExecutionRoleArn)] as const;
        });
        return Object.fromEntries(await Promise.all(read));
      },
      stopTimeoutSeconds: settings.StopTimeout,
    },
  });
  return { ref: taskDefinitionArn, attributes: { TaskDefinitionArn: taskDefinitionArn } };
});
