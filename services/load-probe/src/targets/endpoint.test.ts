import { describe, expect, it } from 'vitest';
import { readEndpoint, splitHostAndService } from './endpoint.ts';
import { parseServices } from './service-names.ts';

const services = parseServices('echo 7/tcp\necho 7/udp\ndaytime 13/tcp\ntftp 69/udp');

describe('HOST:PORT', () => {
  it.each([
    { text: '192.0.2.7:7', host: '192.0.2.7', port: 7 },
    { text: '[2001:db8::7]:65535', host: '2001:db8::7', port: 65_535 },
    { text: '[fe80::1%eth0]:7', host: 'fe80::1%eth0', port: 7 },
    { text: '[fe80::1%25eth0]:7', host: 'fe80::1%eth0', port: 7 },
    { text: 'echo_1.example.:7', host: 'echo_1.example.', port: 7 },
    { text: 'localhost:echo', host: 'localhost', port: 7 },
    { text: 'localhost:daytime', host: 'localhost', port: 13 },
  ])('should read $text', ({ text, host, port }) => {
    expect(readEndpoint(text, 'tcp', () => services)).toEqual({ host, port });
  });

  it.each([
    { text: 'localhost', problem: 'has no port; write HOST:PORT, such as 192.0.2.7:7' },
    { text: ':7', problem: 'has no host; write HOST:PORT, such as 192.0.2.7:7' },
    { text: 'localhost:', problem: 'has no port after its colon' },
    { text: '2001:db8::7', problem: 'has no port; write HOST:PORT, such as 192.0.2.7:7' },
    {
      text: 'a:b:7',
      problem: 'is no HOST or HOST:PORT, such as 192.0.2.7:7 or [2001:db8::7]:7 (IPv6 goes in brackets)',
    },
    {
      text: '[192.0.2.7]:7',
      problem:
        'has a host that can\'t be: "192.0.2.7" is neither a host name nor an address (IPv6 goes in brackets)',
    },
    {
      text: 'what?:7',
      problem:
        'has a host that can\'t be: "what?" is neither a host name nor an address (IPv6 goes in brackets)',
    },
    {
      text: 'zürich.example:echo',
      problem:
        'has a host that can\'t be: "zürich.example" is not in ASCII; DNS knows it as xn--zrich-kva.example, so write that',
    },
    { text: 'localhost:0', problem: 'has port "0"; it must be from 1 to 65535' },
    { text: 'localhost:65536', problem: 'has port "65536"; it must be from 1 to 65535' },
    {
      text: 'localhost:no-such-service',
      problem: 'names a service that this system does not know, "no-such-service"; write the port\'s number',
    },
  ])('should refuse $text', ({ text, problem }) => {
    expect(() => readEndpoint(text, 'tcp', () => services)).toThrow(new Error(problem));
  });

  it('should name the protocols of a service that lacks the requested protocol', () => {
    expect(() => readEndpoint('localhost:tftp', 'tcp', () => services)).toThrow(
      'names "tftp", which this system knows only over udp',
    );
  });
});

describe('HOST[:SERVICE]', () => {
  it('should need only one of host and service', () => {
    expect(splitHostAndService('example')).toEqual({ host: 'example' });
    expect(splitHostAndService('::1')).toEqual({ host: '::1' });
    expect(splitHostAndService('[::1]')).toEqual({ host: '::1' });
    expect(splitHostAndService(':echo')).toEqual({ host: '', service: 'echo' });
  });
});
