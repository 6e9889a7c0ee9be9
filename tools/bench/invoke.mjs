/** Loads a bundled function as Lambda does, invokes it, and prints the milliseconds of each step. Runs as a process. */
const [bundle, count] = process.argv.slice(2);
const startedAt = performance.now();
const { handler } = await import(bundle);
const loaded = performance.now() - startedAt;
for (let k = 0; k < Number(count); k++) {
  const at = performance.now();
  console.log(JSON.stringify({ event: 'invoke', k, loaded, epoch: performance.timeOrigin + at }));
  await handler(
    { scheduledTime: new Date().toISOString() },
    { awsRequestId: 'bench', getRemainingTimeInMillis: () => 75_000 },
  );
  console.log(JSON.stringify({ event: 'done', k, took: performance.now() - at }));
}
