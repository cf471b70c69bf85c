import { z } from 'zod';

/** The workflows that have a role of their own on the cluster; `restore` is that of drills and of expiring leases, too. */
export const workflowsWithRole = ['archive', 'snapshot', 'restore'] as const;
export type WorkflowWithRole = (typeof workflowsWithRole)[number];

/** `{}`, and `{"dryRun": true}` to see what would change. Not a state of a workflow: invoked at a deployment, or by hand. */
export const applyRightsContract = {
  input: z.strictObject({ dryRun: z.boolean().default(false) }),
  output: z.object({
    /** What was done to the role; with `dryRun`, what would be. `not-enabled`: the domain has no fine-grained access control. */
    outcome: z.enum(['created', 'updated', 'unchanged', 'not-enabled']),
    role: z.string(),
    dryRun: z.boolean(),
    /** Of an updated role: `+` for what it lacked, `-` for what it had beyond what is shipped. */
    differences: z.array(z.string()),
    /** Backend roles that had not had the role. */
    mapped: z.array(z.string()),
    /** Who has the role besides the functions. They keep it. */
    others: z.array(z.string()),
  }),
};
export type ApplyRightsResult = z.output<typeof applyRightsContract.output>;
