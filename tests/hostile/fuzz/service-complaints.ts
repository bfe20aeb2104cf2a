import type { ServiceProcess } from '../../harness/service-process.ts';

/** What a service that was attacked shows of it, a sentence each; none is as it should be. */
export async function serviceComplaints(service: ServiceProcess): Promise<string[]> {
  const complaints: string[] = [];
  const restarts = (await service.metrics()).value('l4_data_plane_worker_restarts_total');
  if (restarts !== 0) complaints.push(`${restarts} workers died`);
  for (const path of ['/livez', '/readyz'] as const) {
    const status = await service.status(path);
    if (status !== 200) complaints.push(`${path} answers ${status}`);
  }
  const [said] = service.log.filter(({ level }) => !['debug', 'info'].includes(level));
  if (said) complaints.push(`it logged ${JSON.stringify(said)}`);
  if (service.stderr !== '') complaints.push(`it wrote ${service.stderr}`);
  return complaints;
}
