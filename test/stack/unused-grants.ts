/** Rights that no run of the local stack makes use of, each with the reason why its role has it all the same. */
export const unusedGrants: readonly { readonly why: string; readonly grants: readonly string[] }[] = [];
