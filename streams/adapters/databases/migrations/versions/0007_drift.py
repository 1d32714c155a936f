"""Drift: the ledger and its journal, touched mirror rows, progress of scans, writes by others, control totals."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = """
create table selaras.touched_row (                -- mirror rows that a batch changed, for the capture check
  id         bigint generated always as identity primary key,
  table_name text   not null,
  keys       jsonb  not null,                     -- primary keys as text; of a keyless table: NIBs
  at         timestamptz not null default now()
);

create table selaras.drift_entry (
  id          bigint generated always as identity primary key,
  check_name  text        not null,
  table_name  text        not null,
  key         text        not null,
  kind        text        not null,
  state       text        not null default 'open',
  cause       text        not null,
  evidence    text        not null default '',    -- the write by others that stands behind it, in words
  columns     jsonb       not null default '{}',  -- by column: value that must be there, value that is; masked
  likeness    text        not null default '',
  key_state   text        not null default '',
  position    text        not null default '',
  first_seen  timestamptz not null default clock_timestamp(),
  last_seen   timestamptz not null default clock_timestamp(),
  detected_ms bigint,
  until       timestamptz,
  by_whom     text        not null default '',
  why         text        not null default '',
  times       integer     not null default 1,
  looked_at   timestamptz not null default clock_timestamp(),  -- when the newest look at the key began
  unique (check_name, table_name, key, kind)
);
create index drift_entry_key on selaras.drift_entry (table_name, key);
create index drift_entry_state on selaras.drift_entry (state) where state <> 'verified';

create table selaras.drift_step (                 -- the journal: rows are only ever added
  id      bigint generated always as identity primary key,
  entry   bigint      not null references selaras.drift_entry (id),
  at      timestamptz not null default clock_timestamp(),
  was     text,
  now     text        not null,
  by_whom text        not null,
  why     text        not null default ''
);
create index drift_step_entry on selaras.drift_step (entry);

create table selaras.drift_unknown (
  check_name text        not null,
  table_name text        not null,
  key        text        collate "C" not null,
  reason     text        not null,
  since      timestamptz not null default now(),
  looked_at  timestamptz not null default now(),
  primary key (check_name, table_name, key)
);
create index drift_unknown_looked_at on selaras.drift_unknown (check_name, looked_at);

create table selaras.drift_scan (                 -- the newest look at each stretch of keys, after < key <= last
  check_name text        not null,
  table_name text        not null,
  after      text        collate "C" not null,
  last       text        collate "C",             -- null: up to the end
  keys       bigint      not null,
  at         timestamptz not null default now(),
  primary key (check_name, table_name, after)
);

create table selaras.drift_monitor (
  id           integer     primary key default 1 check (id = 1),
  state        text        not null default 'never ran',
  started_at   timestamptz,
  seen_at      timestamptz,
  forgotten_at timestamptz                        -- lists from before it were dropped unread: older looks are void
);
insert into selaras.drift_monitor default values;

create table selaras.foreign_write (              -- changes of rba and mirror that are not ours
  id          bigint generated always as identity primary key,
  at          timestamptz not null default clock_timestamp(),
  tx          bigint,                             -- 64-bit id; its low 32 bits are the row's xmin
  schema_name text        not null,
  table_name  text        not null,
  key         text,                               -- null: of a whole table
  operation   text        not null,
  user_name   text,
  application text,
  address     text,
  seen_by     text        not null,               -- 'trigger' or 'slot'
  told_at     timestamptz                         -- when the ledger had it
);
create index foreign_write_key on selaras.foreign_write (table_name, key);
create index foreign_write_untold on selaras.foreign_write (id) where told_at is null;
create unique index foreign_write_once on selaras.foreign_write (tx, schema_name, table_name, key)
  nulls not distinct where tx is not null;

create table selaras.control_total (
  name       text        not null,
  at         timestamptz not null default now(),
  whole      boolean     not null,                -- every group agrees but for what is explained
  content    jsonb       not null,                -- groups: values of both sides, explained part, rest
  primary key (name, at)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in (
        "control_total",
        "foreign_write",
        "drift_monitor",
        "drift_scan",
        "drift_unknown",
        "drift_step",
        "drift_entry",
        "touched_row",
    ):
        op.execute(f"drop table selaras.{table}")
