//! The table, and all that is done with it. Each request is one statement.

use tokio_postgres::{Client, Error, Statement};

/// The name carries the version of the layout, so two versions never read each other's rows. The lock is for two that make the table
/// at the same time.
const TABLE: &str = "
    BEGIN;
    SELECT pg_advisory_xact_lock(2019714415);
    CREATE TABLE IF NOT EXISTS tau_graph_record_v1 (
        run TEXT COLLATE \"C\" NOT NULL,
        seq BIGINT NOT NULL,
        graph TEXT NOT NULL,
        step BIGINT NOT NULL,
        status TEXT NOT NULL,
        at BIGINT NOT NULL,
        body BYTEA NOT NULL,
        PRIMARY KEY (run, seq)
    );
    COMMIT;
    SET synchronous_commit = on;
";

/// One writes the row and another finds it there, or both find that it is not the next.
const APPEND: &str = "
    INSERT INTO tau_graph_record_v1 (run, seq, graph, step, status, body, at)
    SELECT $1::TEXT, $2::BIGINT, $3::TEXT, $4::BIGINT, $5::TEXT, $6::BYTEA, (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT
    WHERE (SELECT COALESCE(MAX(seq), 0) FROM tau_graph_record_v1 WHERE run = $1::TEXT) = $2::BIGINT - 1
    ON CONFLICT DO NOTHING";

const LOAD: &str = "
    SELECT seq, graph, step, status, body, at FROM tau_graph_record_v1 WHERE run = $1 ORDER BY seq";

const COMPACT: &str = "
    WITH base AS (
        UPDATE tau_graph_record_v1 SET step = $3, status = $4, body = $5 WHERE run = $1 AND seq = $2 RETURNING 1
    ), gone AS (
        DELETE FROM tau_graph_record_v1 WHERE run = $1 AND seq < $2 AND EXISTS (SELECT 1 FROM base)
    )
    SELECT COUNT(*) FROM base";

const LIST: &str = "
    SELECT run, graph, status, step, bytes, began, changed
    FROM (
        SELECT DISTINCT ON (run) run, graph, status, step, at AS changed
        FROM tau_graph_record_v1 WHERE position('/' IN run) = 0 ORDER BY run, seq DESC
    ) AS last
    JOIN (
        SELECT run, SUM(length(body))::BIGINT AS bytes, MIN(at) AS began FROM tau_graph_record_v1 GROUP BY run
    ) AS total USING (run)
    ORDER BY run";

/// Runs of subgraphs have names that begin with this one and a `/`, which `0` follows.
const DELETE: &str = "
    DELETE FROM tau_graph_record_v1 WHERE run = $1 OR (run >= $1 || '/' AND run < $1 || '0')";

/// A connection with its statements.
pub(super) struct Prepared {
    pub(super) client: Client,
    pub(super) append: Statement,
    pub(super) load: Statement,
    pub(super) compact: Statement,
    pub(super) list: Statement,
    pub(super) delete: Statement,
}

impl Prepared {
    pub(super) async fn new(client: Client) -> Result<Self, Error> {
        client.batch_execute(TABLE).await?;
        Ok(Self {
            append: client.prepare(APPEND).await?,
            load: client.prepare(LOAD).await?,
            compact: client.prepare(COMPACT).await?,
            list: client.prepare(LIST).await?,
            delete: client.prepare(DELETE).await?,
            client,
        })
    }
}
