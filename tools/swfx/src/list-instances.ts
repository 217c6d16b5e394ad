import type { Queryable } from '@swfx/database';

/** A process that has told Postgres within the last 45 seconds that it lives. */
export interface ServiceInstance {
  id: string;
  service: string;
  version: string;
  host: string;
  pid: number;
  tasks: string[];
  started_at: Date;
  /** By Postgres's clock. */
  heartbeat_age_seconds: number;
}

/** The live processes of all services, by service and age. */
export async function listInstances(db: Queryable): Promise<ServiceInstance[]> {
  const { rows } = await db.query<ServiceInstance>(
    `SELECT id, service, version, host, pid, tasks, started_at,
            round(extract(epoch FROM clock_timestamp() - heartbeat_at))::int AS heartbeat_age_seconds
     FROM service_instance WHERE heartbeat_at > clock_timestamp() - interval '45 seconds'
     ORDER BY service, started_at`,
  );
  return rows;
}
