//! Lists of sessions, a page at a time and by its key.

use std::time::SystemTime;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::error::from_sqlite;
use super::session::{COLUMNS, SessionRow, damaged, named};
use crate::clock::{from_millis, to_millis};
use crate::error::StoreError;
use crate::store::{ListOrder, ListSessions, SessionInfo};

/// A page.
pub(super) fn list(
    connection: &Connection,
    request: &ListSessions,
    now: SystemTime,
) -> Result<Vec<SessionInfo>, StoreError> {
    let Query { sql, values } = Query::of(request);
    let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
    let mut rows = statement.query(params_from_iter(values)).map_err(from_sqlite)?;
    let mut list = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        list.push(info(row, now)?);
    }
    Ok(list)
}

fn info(row: &Row<'_>, now: SystemTime) -> Result<SessionInfo, StoreError> {
    let session = named(row)?;
    let decoded = SessionRow::decode(row).map_err(|error| from_sqlite(error).in_session(&session))?;
    let found = decoded.ok_or_else(|| damaged(&session))?;
    let holder = found.lease.filter(|lease| lease.is_live(now)).map(|lease| lease.holder);
    Ok(SessionInfo {
        session,
        head: found.head,
        created: from_millis(row.get(10).map_err(from_sqlite)?),
        updated: from_millis(row.get(11).map_err(from_sqlite)?),
        bytes: found.bytes,
        holder,
    })
}

/// A request as SQLite is asked. What is not asked for is no part of it: a condition that may be off would keep SQLite
/// from beginning at the key.
struct Query {
    sql: String,
    values: Vec<Value>,
}

impl Query {
    fn of(request: &ListSessions) -> Self {
        let mut query = Self { sql: String::new(), values: Vec::new() };
        let (direction, beyond) = if request.order.is_descending() { ("DESC", "<") } else { ("ASC", ">") };
        let time = match request.order {
            ListOrder::UpdatedDescending | ListOrder::UpdatedAscending => "updated",
            ListOrder::CreatedDescending | ListOrder::CreatedAscending => "created",
        };
        let mut conditions = vec!["deleted IS NULL".to_owned()];
        if let Some((moment, session)) = &request.after {
            let (moment, session) = (query.time(*moment), query.text(session.as_str()));
            conditions.push(format!("({time}, name) {beyond} ({moment}, {session})"));
        }
        if let Some(from) = request.updated_from {
            conditions.push(format!("updated >= {}", query.time(from)));
        }
        if let Some(before) = request.updated_before {
            conditions.push(format!("updated < {}", query.time(before)));
        }
        if !request.prefix.is_empty() {
            let (first, last) = (query.text(&request.prefix), query.text(&beyond_prefix(&request.prefix)));
            conditions.push(format!("name >= {first} AND name < {last}"));
        }
        if !request.sessions.is_empty() {
            let names: Vec<String> =
                request.sessions.iter().map(|session| query.text(session.as_str())).collect();
            conditions.push(format!("name IN ({})", names.join(", ")));
        }
        // Few are named: they are found by name and put in order then, which `+` asks for.
        let by_name = !request.prefix.is_empty() || !request.sessions.is_empty();
        let sorted = if by_name { "+" } else { "" };
        let limit = query.value(Value::Integer(i64::try_from(request.limit).unwrap_or(i64::MAX)));
        query.sql = format!(
            "SELECT {COLUMNS}, name, created, updated FROM session WHERE {} \
             ORDER BY {sorted}{time} {direction}, {sorted}name {direction} LIMIT {limit}",
            conditions.join(" AND ")
        );
        query
    }

    /// Where a value stands in the text.
    fn value(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    fn time(&mut self, time: SystemTime) -> String {
        self.value(Value::Integer(to_millis(time)))
    }

    fn text(&mut self, text: &str) -> String {
        self.value(Value::Text(text.to_owned()))
    }
}

/// A text behind all that begin so.
fn beyond_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use rusqlite::{Connection, StatementStatus, params_from_iter};

    use super::super::probe::NoProbe;
    use super::super::schema::migrate;
    use super::Query;
    use crate::clock::from_millis;
    use crate::id::SessionId;
    use crate::store::{ListOrder, ListSessions};

    const ORDERS: [ListOrder; 4] = [
        ListOrder::UpdatedDescending,
        ListOrder::UpdatedAscending,
        ListOrder::CreatedDescending,
        ListOrder::CreatedAscending,
    ];

    fn filled(sessions: i64) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &NoProbe).unwrap();
        connection
            .execute(
                "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
                 INSERT INTO session (name, epoch, head_seq, head_hash, created, updated) \
                 SELECT printf('s%06d', i), 1, 1, zeroblob(32), i, (i * 7919) % ?1 FROM n",
                [sessions],
            )
            .unwrap();
        connection
    }

    /// What a page costs in steps of SQLite's machine, which do not depend on the machine below, and its rows.
    fn cost(connection: &Connection, request: &ListSessions) -> (i32, usize) {
        let Query { sql, values } = Query::of(request);
        let mut statement = connection.prepare(&sql).unwrap();
        let mut rows = statement.query(params_from_iter(values)).unwrap();
        let mut count = 0;
        while rows.next().unwrap().is_some() {
            count += 1;
        }
        drop(rows);
        (statement.get_status(StatementStatus::VmStep), count)
    }

    #[test]
    fn a_page_costs_the_same_of_ten_thousand_sessions_as_of_a_hundred() {
        let (few, many) = (filled(100), filled(10_000));
        for order in ORDERS {
            let mut request = ListSessions::first(50).in_order(order);
            let (little, rows) = cost(&few, &request);
            assert_eq!((little, rows), cost(&many, &request), "{order:?}");
            // The middle of the list.
            request.after = Some((from_millis(5_000), SessionId::new("s005000").unwrap()));
            let (middle, rows) = cost(&many, &request);
            assert!(rows == 50 && middle < little * 2, "{order:?}: {middle} for {little}");
            request.after = None;
            request.sessions = vec![SessionId::new("s000001").unwrap(), SessionId::new("s009999").unwrap()];
            let (named, rows) = cost(&many, &request);
            assert!(rows == 2 && named < little, "{order:?}: {named} for {little}");
            request.sessions.clear();
            request.prefix = "s00123".to_owned();
            let (prefixed, rows) = cost(&many, &request);
            assert!(rows == 10 && prefixed < little * 2, "{order:?}: {prefixed} for {little}");
        }
        let mut request = ListSessions::first(50);
        request.updated_from = Some(UNIX_EPOCH);
        request.updated_before = Some(from_millis(200));
        let (bounded, rows) = cost(&many, &request);
        assert!(rows == 50 && bounded < 2_000, "{bounded}");
    }
}
