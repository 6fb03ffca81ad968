import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { HostGuard } from './host-guard.ts';

/** How long one address of a host may take before the next is tried as well (RFC 8305); Node's 250 ms is short for far hosts. */
const nextAddressAfterMs = 1_000;

/**
 * Opens connections only to addresses that the guard hands out. The guard is the socket's own name look-up, so there is
 * no second look-up that could answer differently, and TLS still verifies the host's name.
 */
export function createGuardedConnector(guard: HostGuard, connectMs: number): buildConnector.connector {
  // A look-up is told the name but not the port, and the allow-list knows ports: one connector for each port.
  const connectors = new Map<number, buildConnector.connector>();

  function connectorFor(port: number): buildConnector.connector {
    const known = connectors.get(port);
    if (known) return known;
    const connector = buildConnector({
      timeout: connectMs,
      port,
      lookup: guardedLookup(guard, port),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: nextAddressAfterMs,
    });
    connectors.set(port, connector);
    return connector;
  }

  return (options, callback) => {
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
    const connect = () => connectorFor(port)(options, callback);
    if (isIP(options.hostname) === 0) return connect();
    // Sockets look up names only, so a literal address is checked here.
    guard.addressesOf(options.hostname, port).then(connect, (error: Error) => callback(error, null));
  };
}

function guardedLookup(guard: HostGuard, port: number): LookupFunction {
  return (hostname, options, callback) => {
    guard.addressesOf(hostname, port).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all || !first) return callback(null, addresses);
        callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, []),
    );
  };
}
