import type { FunctionConfig, WireFunction } from './function-config.ts';
import { type Refuse, readDurationMs, readExpression } from './refusal.ts';

type FlowControl = Pick<
  FunctionConfig,
  'throttle' | 'rateLimit' | 'idempotency' | 'debounce' | 'batch' | 'priority' | 'singleton' | 'timeouts'
>;

const oneYear = '366d';

/** Checks the settings that decide when an event starts a run (inngest.com/docs, flow control). */
export function validateFlowControl(wire: WireFunction, refuse: Refuse): FlowControl {
  const key = (text: string | null | undefined, field: string) =>
    readExpression(text, ['event'], field, refuse);
  const flowControl: FlowControl = {
    throttle: readThrottle(wire, refuse),
    rateLimit: readRateLimit(wire, refuse),
    idempotency: key(wire.idempotency, 'idempotency'),
    debounce: readDebounce(wire, refuse),
    batch: readBatch(wire, refuse),
    priority: key(wire.priority?.run, 'priority.run'),
    singleton: wire.singleton
      ? { mode: wire.singleton.mode, key: key(wire.singleton.key, 'singleton.key') }
      : null,
    timeouts: {
      startMs: readTimeout(wire.timeouts?.start, 'timeouts.start', refuse),
      finishMs: readTimeout(wire.timeouts?.finish, 'timeouts.finish', refuse),
    },
  };
  if (flowControl.batch !== null) refuseBesideBatch(wire, refuse);
  return flowControl;
}

function readThrottle({ throttle }: WireFunction, refuse: Refuse): FlowControl['throttle'] {
  if (!throttle) return null;
  return {
    limit: throttle.limit,
    periodMs: readDurationMs(throttle.period, 'throttle.period', { min: '1s', max: oneYear }, refuse),
    burst: Math.max(0, throttle.burst ?? 0),
    key: readExpression(throttle.key, ['event'], 'throttle.key', refuse),
  };
}

function readRateLimit({ rateLimit }: WireFunction, refuse: Refuse): FlowControl['rateLimit'] {
  if (!rateLimit) return null;
  return {
    limit: rateLimit.limit,
    periodMs: readDurationMs(rateLimit.period, 'rateLimit.period', { min: '1s', max: '24h' }, refuse),
    key: readExpression(rateLimit.key, ['event'], 'rateLimit.key', refuse),
  };
}

function readDebounce({ debounce }: WireFunction, refuse: Refuse): FlowControl['debounce'] {
  if (!debounce) return null;
  return {
    periodMs: readDurationMs(debounce.period, 'debounce.period', { min: '1s', max: '7d' }, refuse),
    timeoutMs: readTimeout(debounce.timeout, 'debounce.timeout', refuse),
    key: readExpression(debounce.key, ['event'], 'debounce.key', refuse),
  };
}

function readBatch({ batchEvents }: WireFunction, refuse: Refuse): FlowControl['batch'] {
  if (!batchEvents) return null;
  if (batchEvents.maxSize < 2) refuse('batchEvents.maxSize', `${batchEvents.maxSize} is less than 2`);
  return {
    maxSize: batchEvents.maxSize,
    timeoutMs: readDurationMs(
      batchEvents.timeout,
      'batchEvents.timeout',
      { min: '1s', max: oneYear },
      refuse,
    ),
    key: readExpression(batchEvents.key, ['event'], 'batchEvents.key', refuse),
    condition: readExpression(batchEvents.if, ['event'], 'batchEvents.if', refuse),
  };
}

function readTimeout(text: string | null | undefined, field: string, refuse: Refuse): number | null {
  return text ? readDurationMs(text, field, { min: '0s', max: oneYear }, refuse) : null;
}

function refuseBesideBatch(wire: WireFunction, refuse: Refuse): void {
  const others = {
    cancel: (wire.cancel ?? []).length > 0,
    debounce: wire.debounce,
    singleton: wire.singleton,
    priority: wire.priority,
  };
  for (const [field, setting] of Object.entries(others)) {
    if (setting) refuse('batchEvents', `cannot be used together with ${field}, remove one of them`);
  }
}
