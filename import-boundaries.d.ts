export declare const boundaries: Record<
  string,
  { readonly never: readonly string[]; readonly ofWorkflow: readonly string[] | undefined }
>;
