/** What the engine accepts at most. The numbers are those of the official Inngest server (inngest.com/docs, usage limits). */

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const secondMs = 1_000;
const hourMs = 3_600 * secondMs;
const dayMs = 24 * hourMs;

export const limits = {
  eventBytes: 3 * mebibyte,
  eventRequestBytes: 64 * mebibyte,
  eventsPerRequest: 5_000,
  eventNameBytes: 512,
  eventIdBytes: 1_024,
  callBodyBytes: 4 * mebibyte,
  responseBytes: 8 * mebibyte,
  metadataBytes: 64 * kibibyte,
  runMetadataBytes: mebibyte,
  metadataKindLength: 128,
  metadataUpdatesPerOp: 100,
  apiRequestBytes: 4 * mebibyte,
  expressionLength: 4_096,
  checkpointRequestBytes: 64 * mebibyte,
  stepOutputBytes: 4 * mebibyte,
  runStateBytes: 32 * mebibyte,
  /** Together with what is only noted, such as deferred functions. The steps among them count for the run. */
  opsPerAnswer: 11_000,
  stepsPerRun: 1_000,
  maxStepsPerRun: 10_000,
  retries: 20,
  defaultRetries: 4,
  retryDelayMinMs: secondMs,
  retryDelayMaxMs: dayMs,
  /** Of a sleep, and of a wait for an event or a signal. */
  waitMs: 366 * dayMs,
  invokeMs: 366 * dayMs,
  defaultInvokeMs: 365 * dayMs,
  /** Of an app's name, and of a function's. */
  identifierLength: 500,
  triggers: 10,
  triggerNameLength: 255,
  cancels: 5,
  cancelTimeoutMs: 366 * dayMs,
  concurrencyLimits: 2,
  prioritySeconds: 600,
  cronLength: 255,
  cronJitterMinMs: secondMs,
  cronJitterMaxMs: 5 * 60 * secondMs,
  idempotencyMs: dayMs,
  batchBytes: 10 * mebibyte,
  requestMs: 2 * hourMs,
  redirects: 5,
  /** One request that the engine makes for a step; answers of models take their time. */
  gatewayRequestMs: 15 * 60 * secondMs,
  stepInputBytes: 4 * mebibyte,
  /** The event of an invocation: a step's input, and what the engine says in it. */
  invocationBytes: 4 * mebibyte + 64 * kibibyte,
  sessionsPerEvent: 5,
  defersPerRun: 20,
  /** Of all deferred functions of a run. */
  deferBytes: 4 * mebibyte,
  clockSkewMs: 5 * 60 * secondMs,
  /** How far ahead a client's clock may be when it says until when runs that it cancels have started. */
  cancellationSkewMs: 5 * secondMs,
  endpointRetries: 3,
  /** An app that executes a run of a durable endpoint is taken for dead when it has said nothing for so long. */
  silenceMs: 2 * hourMs,
  outputWaitMs: 5 * 60 * secondMs,
  outputTokenMs: dayMs,
  streamTokenMs: hourMs,
  realtimeMessageBytes: 512 * kibibyte,
  topicsPerSubscription: 100,
  /** What may wait for a subscriber who reads too slowly. */
  subscriberBytes: mebibyte,
  /** The time to connect in. A connection outlives its token. */
  subscriptionTokenMs: 5 * 60 * secondMs,
} as const;
