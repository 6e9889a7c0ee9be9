/** As in bin/app.ts; by itself, since help should not have to load an SDK. */
export const stackName = (stage: string) => `DDColorElastic-${stage}`;
