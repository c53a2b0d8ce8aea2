import pg from 'pg';

const ignore = (): void => undefined;

/**
 * How values look as text: the driver and the stores read numbers with all their digits and dates in ISO 8601, but a
 * database or a role may have been told otherwise.
 */
const SESSION = `SET extra_float_digits = 1; SET DateStyle = 'ISO'`;

/**
 * A pool whose connections may break at any moment. Between two statements, and after the statement that noticed, an
 * error event of a connection would have no listener, and would end the process. The next statement fails, which is all
 * that its user needs to know.
 */
export class ForgivingPool extends pg.Pool {
  constructor(options?: pg.PoolConfig) {
    // The pool waits for the promise, which its types do not tell.
    // eslint-disable-next-line @typescript-eslint/no-misused-promises
    super({ ...options, onConnect: (client) => client.query(SESSION) });
    this.on('connect', (client) => client.on('error', ignore));
  }
}
