import { readFileSync } from 'node:fs';
import { variableOf } from '@echo-daytime/runtime';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { probeKeys } from '../services/load-probe/src/config.ts';
import { keysOf, services } from '../tests/repo/services.ts';
import { fleetPorts, ignoredKeys, readFleetPorts, targetsOf } from './fleet-ports.ts';

const compose = parse(readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8'));

describe('the ports of npm start', () => {
  it('should be every port of every service, with its default', async () => {
    const keys = await Promise.all(
      services.map(async (service) =>
        Object.entries(await keysOf(service))
          .filter(([name]) => /port$/i.test(name))
          .map(([name, key]) => [service, variableOf(name), Number(key.default)]),
      ),
    );
    const rows = Object.values(fleetPorts).map(({ service, key, port }) => [service, key, port]);
    expect(rows.sort()).toEqual(keys.flat().sort());
  });

  it('should have the variables and protocols that the compose file has', () => {
    const published = services.flatMap((service) =>
      (compose.services[service].ports as string[]).map((text) => {
        const [, variable, port, protocol = 'tcp'] = /\$\{(\w+):-(\d+)\}:\d+(?:\/(\w+))?$/.exec(text) ?? [];
        return [service, variable, Number(port), protocol];
      }),
    );
    const rows = Object.entries(fleetPorts).flatMap(([variable, { service, port, protocols }]) =>
      protocols.map((protocol) => [service, variable, port, protocol]),
    );
    expect(rows.sort()).toEqual(published.sort());
  });

  it('should be the ports of the default targets of the probe', () => {
    expect(targetsOf(readFleetPorts({}).ports)).toBe(probeKeys.targets.default);
  });

  it('should be refused when they are not valid, all at once', () => {
    const env = {
      ECHO_PORT: '0',
      DAYTIME_PORT: '65536',
      LOAD_PROBE_PORT: 'tcp://10.0.0.1:80',
      UDP_DAYTIME_PORT: '1e3',
    };
    expect(readFleetPorts({ ...env, ECHO_ADMIN_PORT: '65535', DAYTIME_ADMIN_PORT: '' }).problems).toEqual([
      'ECHO_PORT="0" must be a port from 1 to 65535',
      'DAYTIME_PORT="65536" must be a port from 1 to 65535',
      'UDP_DAYTIME_PORT="1e3" must be a port from 1 to 65535',
      'LOAD_PROBE_PORT="tcp://10.0.0.1:80" must be a port from 1 to 65535',
    ]);
  });

  it('should not come from keys that name no service', () => {
    expect(ignoredKeys({ PORT: '8007', SESSION_PORT: '8014', ADMIN_PORT: '', ECHO_PORT: '8007' })).toEqual([
      'PORT="8007" is ignored; npm start uses ECHO_PORT, DAYTIME_PORT, UDP_DAYTIME_PORT',
      'SESSION_PORT="8014" is ignored; npm start uses DAYTIME_SESSION_PORT',
    ]);
  });
});
