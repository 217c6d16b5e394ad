/** Time, processor time and memory of a piece of work: of our process, of the programs it starts, of the server. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Measured {
  seconds: number;
  /** Of our own process. */
  cpuSeconds: number;
  peakMemoryMb: number;
  /** Of all that it started: pg_dump, zstd and the like, together. */
  programsCpuSeconds: number;
  programsPeakMemoryMb: number;
  /** Of the server's processes. */
  serverCpuSeconds: number;
}

/** Runs work and watches it; `serverPid` is that of the postmaster. */
export async function measure(serverPid: number, work: () => Promise<unknown>): Promise<Measured> {
  const sessions = (await childrenOf(serverPid)).length;
  const before = { server: await allCpuSeconds(serverPid), programs: await endedCpuSeconds(process.pid) };
  const memory = watchMemory();
  const own = process.cpuUsage();
  const begun = performance.now();
  await work();
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(own);
  const peak = memory.stop();
  // A session's time is the postmaster's to tell only once it has ended.
  for (let n = 0; n < 100 && (await childrenOf(serverPid)).length > sessions; n += 1) await sleep(20);
  return {
    seconds: round(seconds),
    cpuSeconds: round((user + system) / 1e6),
    peakMemoryMb: Math.round(peak.own / 1e6),
    programsCpuSeconds: round((await endedCpuSeconds(process.pid)) - before.programs),
    programsPeakMemoryMb: Math.round(peak.programs / 1e6),
    serverCpuSeconds: round((await allCpuSeconds(serverPid)) - before.server),
  };
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The most that our process, and all that it started together, had at one time. */
export function watchMemory(): { stop(): { own: number; programs: number } } {
  const peak = { own: process.memoryUsage.rss(), programs: 0 };
  async function look(): Promise<void> {
    peak.own = Math.max(peak.own, process.memoryUsage.rss());
    peak.programs = Math.max(peak.programs, await bytesBelow(process.pid));
  }
  const timer = setInterval(() => void look(), 200);
  return {
    stop() {
      clearInterval(timer);
      return { ...peak, own: Math.max(peak.own, process.memoryUsage.rss()) };
    },
  };
}

const pageBytes = 4096;
const others = new Set(['postgres', 'node']);
const ticksPerSecond = 100;

async function bytesBelow(pid: number): Promise<number> {
  let bytes = 0;
  for (const child of await childrenOf(pid)) {
    // A server of Postgres, and the bucket, are no part of what a backup takes.
    const [name, statm] = await Promise.all([text(`/proc/${child}/comm`), text(`/proc/${child}/statm`)]);
    if (!others.has(name.trim()))
      bytes += Number(statm.split(' ')[1] ?? 0) * pageBytes + (await bytesBelow(child));
  }
  return bytes;
}

async function childrenOf(pid: number): Promise<number[]> {
  return (await text(`/proc/${pid}/task/${pid}/children`)).split(' ').filter(Boolean).map(Number);
}

/** Fields 14 to 17 of proc(5): its own time in user and system mode, and that of its children that have ended. */
async function cpuFields(pid: number): Promise<number[]> {
  const stat = await text(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).map((ticks) => Number(ticks) / ticksPerSecond);
}

async function endedCpuSeconds(pid: number): Promise<number> {
  const [, , user = 0, system = 0] = await cpuFields(pid);
  return user + system;
}

async function allCpuSeconds(pid: number): Promise<number> {
  const own = (await cpuFields(pid)).reduce((sum, seconds) => sum + seconds, 0);
  const children = await Promise.all((await childrenOf(pid)).map(cpuFields));
  return own + children.flat().reduce((sum, seconds) => sum + seconds, 0);
}

async function text(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
