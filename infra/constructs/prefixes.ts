/** All volumes; archive/keys.ts makes the keys below it. */
export const volumesPrefix = 'archives/';
