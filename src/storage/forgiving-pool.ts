import pg from 'pg';

const ignore = (): void => undefined;

/**
 * A pool whose connections may break at any moment. Between two statements, and after the statement that noticed, an
 * error event of a connection would have no listener, and would end the process. The next statement fails, which is all
 * that its user needs to know.
 */
export class ForgivingPool extends pg.Pool {
  constructor(options?: pg.PoolConfig) {
    super(options);
    this.on('connect', (client) => client.on('error', ignore));
  }
}
