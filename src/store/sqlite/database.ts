import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

type Row = Record<string, unknown>;

/** A connection that prepares every statement once. Rows are typed by the caller, beside the SQL that names their columns. */
export class Database {
  readonly connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string, options: { readonly readOnly: boolean; readonly busyTimeoutMs: number }) {
    this.connection = new DatabaseSync(file, {
      readOnly: options.readOnly,
      timeout: options.busyTimeoutMs,
      // References are counted by hand and checked by verify(): a look-up for each row written would cost a third.
      enableForeignKeyConstraints: false,
    });
  }

  // oxlint-disable-next-line no-unnecessary-type-parameters -- the caller knows the columns of its SQL
  get<R extends Row>(sql: string, ...parameters: SQLInputValue[]): R | undefined {
    return this.#prepare(sql).get(...parameters) as R | undefined;
  }

  all<R extends Row>(sql: string, ...parameters: SQLInputValue[]): R[] {
    return this.#prepare(sql).all(...parameters) as R[];
  }

  /** Rows as arrays of their columns. */
  *each<Columns extends readonly unknown[]>(sql: string, ...parameters: SQLInputValue[]): Generator<Columns> {
    // Its own statement: a caller may stop half-way and leave it open.
    const statement = this.connection.prepare(sql, { returnArrays: true });
    yield* statement.iterate(...parameters) as Iterable<unknown> as Iterable<Columns>;
  }

  /** Runs a statement that changes rows; how many it changed. */
  run(sql: string, ...parameters: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...parameters).changes);
  }

  /** Runs an INSERT; the new row's id. */
  insert(sql: string, ...parameters: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...parameters).lastInsertRowid);
  }

  exec(sql: string): void {
    this.connection.exec(sql);
  }

  /** One number, `PRAGMA` or `SELECT`. */
  number(sql: string, ...parameters: SQLInputValue[]): number {
    const row = this.get(sql, ...parameters);
    return row === undefined ? 0 : Number(Object.values(row)[0]);
  }

  /** Several reads as of one moment. */
  snapshot<T>(read: () => T): T {
    this.exec("BEGIN");
    try {
      return read();
    } finally {
      this.exec("COMMIT");
    }
  }

  rollback(): void {
    // After a full disk SQLite may have rolled back by itself.
    if (this.connection.isTransaction) this.exec("ROLLBACK");
  }

  close(): void {
    this.#statements.clear();
    if (this.connection.isOpen) this.connection.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
