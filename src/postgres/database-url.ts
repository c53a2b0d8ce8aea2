import type pg from 'pg';
import { type DataSource } from 'typeorm';

/** Where a URL leads to, for people: without user and password. */
export function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname || 'localhost'}:${port || '5432'}${pathname}`;
}

/** Where a data source is connected to. */
export function urlOf({ options }: DataSource): string {
  // `connect` makes all data sources, from a URL.
  return (options as { readonly url: string }).url;
}

/** The pool of a data source. */
export function poolOf(dataSource: DataSource): pg.Pool {
  // TypeORM types its pool as `any`; for 'postgres' it is node-postgres' Pool.
  return (dataSource.driver as unknown as { master: pg.Pool }).master;
}
