import { isHost } from './request-checks.js';
import { type StepOf } from './steps.js';

/** Addresses with their port, as some proxies write them into the header. */
const IPV4_WITH_PORT = /(?<![\w.:])(\d{1,3}(?:\.\d{1,3}){3}):\d+(?![\w.:])/g;
const BRACKETED_IPV6 = /\[([\da-f:.]+)\](?::\d+)?/gi;

/**
 * Cleans the headers of proxies before anything reads them. Ports are cut off addresses, so that a client is the same on
 * each connection. A scheme other than `http` and `https` and an invalid host are dropped, since both begin the URLs in
 * answers. Whether the proxy is trusted is decided where the headers are read.
 */
export const readForwarded: StepOf =
  () =>
  ({ headers }) => {
    const addresses = headers['x-forwarded-for'];
    if (addresses !== undefined)
      headers['x-forwarded-for'] = String(addresses).replace(IPV4_WITH_PORT, '$1').replace(BRACKETED_IPV6, '$1');
    const scheme = lastOf(headers['x-forwarded-proto'])?.toLowerCase();
    headers['x-forwarded-proto'] = scheme === 'http' || scheme === 'https' ? scheme : undefined;
    const host = lastOf(headers['x-forwarded-host']);
    headers['x-forwarded-host'] = host !== undefined && isHost(host) ? host : undefined;
  };

/** The last entry of a header: the one of the nearest proxy. */
function lastOf(header: string | string[] | undefined): string | undefined {
  return header === undefined ? undefined : String(header).split(',').at(-1)?.trim();
}
