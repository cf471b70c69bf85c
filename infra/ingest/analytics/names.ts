/** The role of the cluster that the indexer has: made, with its members, by `import-dashboards`. */
export const indexerRoleName = 'permafrost-index-cloudwatch-logs';

export const domainName = (prefix: string): string => `${prefix}-trail`;
