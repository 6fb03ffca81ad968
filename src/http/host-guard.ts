import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { AppError } from '../errors/app-error.ts';
import { hostName } from './url.ts';

/** Turns a host name into addresses, as `dns.lookup` with `all` does. Tests bring their own. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** Decides which addresses an outgoing connection may use. */
export interface HostGuard {
  /**
   * The addresses that a connection to this host and port may use; the caller connects to these and looks nothing up
   * again, so an answer that changes between check and use (DNS rebinding) gains nothing.
   *
   * @throws AppError `HOST_NOT_ALLOWED` when none of its addresses is public and the host is not on the allow-list.
   */
  addressesOf(hostname: string, port: number): Promise<LookupAddress[]>;
}

/** Loopback names never leave the machine, whatever a DNS server says (RFC 6761 §6.3). */
const loopback: LookupAddress = { address: '127.0.0.1', family: 4 };

const resolveBySystem: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

/**
 * @param allowedPrivateHosts `host:port` entries that may be private; `*.localhost:4010` covers all names below `localhost`.
 */
export function createHostGuard(
  allowedPrivateHosts: readonly string[],
  resolve: Resolve = resolveBySystem,
): HostGuard {
  const allowed = allowedPrivateHosts.map((entry) => entry.trim().toLowerCase());

  return {
    async addressesOf(hostname, port) {
      const host = hostName(hostname);
      const addresses = await findAddresses(host, resolve);
      if (isListed(allowed, host, port)) return [...addresses];

      const open = addresses.filter(({ address }) => isPublicAddress(address));
      if (open.length === 0) {
        throw new AppError({
          code: 'HOST_NOT_ALLOWED',
          message: `Cannot connect to ${host}:${port}: the address is not a public one; add it to ALLOWED_PRIVATE_HOSTS if it is meant`,
          publicMessage: `The address ${host} is not on the public internet, so nothing can be fetched from it.`,
          retry: 'never',
        });
      }
      return open;
    },
  };
}

/** True for globally reachable unicast addresses; the reserved ones are those of IANA's special-purpose registries. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'unicast';
}

async function findAddresses(host: string, resolve: Resolve): Promise<readonly LookupAddress[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  if (host === 'localhost' || host.endsWith('.localhost')) return [loopback];
  return await resolve(host);
}

function isListed(allowed: readonly string[], host: string, port: number): boolean {
  return allowed.some((entry) =>
    entry.startsWith('*.') ? `${host}:${port}`.endsWith(entry.slice(1)) : entry === `${host}:${port}`,
  );
}
