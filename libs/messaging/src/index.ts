export { createFacts, facts, parseFact, type Fact, type Facts } from './facts';
export { tryLock, type LockAttempt } from './lock';
export { createNoSpool } from './no-spool';
export { closeRedis, connectRedis, type RedisRole } from './redis';
export {
  claimTick,
  cronProblem,
  ensureSchedule,
  intervalSeconds,
  nextRun,
  nextRunOf,
  type Schedule,
} from './schedules';
export { createSpool, type DrainReport, type Spool } from './spool';
export {
  jobSchema,
  startTask,
  taskNames,
  type Task,
  type TaskName,
  type TaskOptions,
  type TaskOutcome,
} from './tasks';
