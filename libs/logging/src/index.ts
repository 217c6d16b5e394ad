export { createLoggers, createSilentLogger, type Logger, type LoggerOptions } from './loggers';
export { redact, redactText } from './redact';
export { currentTrace, traceOf, traceparentOf, withTrace, type TraceContext } from './trace-context';
