import { matches, nameOf, ofKind, workloadsOf } from '../objects.ts';
import { type Policy, unmet } from '../policy.ts';
import { selectedBy } from './networking.ts';

/** A series of deploy/prometheus/rules for each expected service; an alert fires when the service is missing. */
const EXPECTED = 'l4:service_expected';

const scraped: Policy = {
  name: 'be found by every ServiceMonitor, each pod once',
  problems: (objects) =>
    ofKind(objects, 'ServiceMonitor').flatMap((monitor) =>
      workloadsOf(objects).flatMap((workload) => {
        const ways = ofKind(objects, 'Service')
          .filter((service) => matches(monitor.spec?.selector, service.metadata?.labels ?? {}))
          .filter((service) => selectedBy(objects, service).includes(workload))
          .flatMap(({ metadata, spec }) =>
            (spec?.ports ?? []).map(({ name }) => ({ name, labels: metadata?.labels ?? {} })),
          )
          .filter(({ name }) => monitor.spec?.endpoints?.some(({ port }) => port === name));
        const job = ways[0]?.labels[monitor.spec?.jobLabel ?? ''];
        return unmet(`${nameOf(monitor)}, ${nameOf(workload)}`, [
          [`must be found by way of one Service, not ${ways.length}`, ways.length === 1],
          ['its job must be the name of the service', job === workload.metadata?.name],
        ]);
      }),
    ),
};

/** An alert that always fires is ignored. */
const expected: Policy = {
  name: 'have rules that expect the services that are there, and no others',
  problems: (objects) => {
    const present = workloadsOf(objects).map(({ metadata }) => metadata?.name);
    const rules = ofKind(objects, 'PrometheusRule')
      .flatMap(({ spec }) => spec?.groups ?? [])
      .flatMap((group) => group.rules ?? [])
      .filter(({ record }) => record === EXPECTED);
    const jobs = rules.map(({ labels }) => labels?.job);
    return unmet('the rules', [
      [
        `${EXPECTED} is of ${jobs.join(', ')}; must be in ${present.join(', ')}`,
        jobs.every((job) => present.includes(job)),
      ],
      [
        `${EXPECTED} is of ${jobs.join(', ')}; must be of every service`,
        jobs.length === 0 || present.every((name) => jobs.includes(name)),
      ],
    ]);
  },
};

export const monitoringPolicies: readonly Policy[] = [scraped, expected];
