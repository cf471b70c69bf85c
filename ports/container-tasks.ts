/** What Permafrost asks of the service that runs its containers. */

export interface StoppedTask {
  readonly reason: string;
  readonly containers: readonly { readonly name: string; readonly exitCode?: number; readonly reason?: string }[];
}

export interface ContainerTasks {
  /** Why a task stopped, or undefined when the service has forgotten it (ECS: about an hour after the stop). */
  stopped(clusterArn: string, taskArn: string): Promise<StoppedTask | undefined>;
}
