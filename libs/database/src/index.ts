export { migrate } from './migrate';
export { createPool, type Pool, type PoolClient, type PoolOptions, type Queryable } from './pool';
export { allowPause, inTransaction, withAdvisoryLock } from './transaction';
export { isDatabaseUnavailable } from './unavailable';
