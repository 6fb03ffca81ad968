/** The columns of `newRunValues` with their types, in its order. */
export const newRunColumns: Readonly<Record<string, string>> = {
  id: 'text',
  function_id: 'uuid',
  function_version: 'integer',
  event_id: 'text',
  due_at_ms: 'bigint',
  boot: 'integer',
  concurrency_1: 'text',
  concurrency_2: 'text',
  event_bytes: 'integer',
  deadline_at_ms: 'bigint',
  throttle_key: 'text',
};
