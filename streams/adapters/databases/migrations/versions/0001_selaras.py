"""Schema selaras: what the product remembers."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
create table selaras.capture (
  generation  integer     primary key,
  identity    jsonb       not null,      -- slot, publication, topics and their ids as they were registered
  settled     boolean     not null default false,  -- rows of older generations that this one did not bring are gone
  registered_at timestamptz not null default now(),
  retired_at  timestamptz                -- removed: the next registration begins a new generation
);

create table selaras.position (
  topic         text        not null,
  partition     integer     not null,
  next_offset   bigint      not null,
  source_commit bigint      not null default 0,   -- newest (commit, record) of the log seen in this partition
  source_record bigint      not null default 0,
  source_order  bigint      not null default 0,   -- place in the transaction: rows can share a log record
  snapshot_tx   bigint      not null default 0,   -- transaction of the initial snapshot that filled it
  committed_ms  bigint,                           -- source commit time of the newest change, ms since 1970 UTC
  changed_at    timestamptz,                      -- when that change was applied
  applied_at    timestamptz not null default now(),
  primary key (topic, partition)
);

create table selaras.mirror_table (
  table_name       text    primary key,
  unknown_since    timestamptz,                   -- an event could not be decoded: the table must be read again
  unknown_reason   text,
  counted_in       text                           -- snapshot in which a keyless table was counted anew
);

create table selaras.truncation (                 -- rows below one of these count as deleted, also late ones
  table_name   text    not null,
  generation   integer not null,
  commit       bigint  not null,
  record       bigint  not null,
  committed_ms bigint  not null,
  primary key (table_name, generation, commit, record)
);

create table selaras.key_state (
  projection      text        not null,
  key             text        not null,
  outcome         text        not null check (outcome in ('row', 'waiting', 'quarantined')),
  faults          jsonb       not null default '[]',
  findings        jsonb       not null default '[]',
  wait_projection text,
  wait_key        text,
  since           timestamptz not null default now(),
  primary key (projection, key)
);
create index key_state_waits on selaras.key_state (wait_projection, wait_key) where wait_key is not null;

create table selaras.row_key (                    -- keys that are derived from mirror rows, not columns of them
  source text not null,                           -- projection.source
  row    text not null,                           -- the mirror row's primary key, or its content's id
  key    text collate "C" not null,
  primary key (source, key, row)
);
create index row_key_row on selaras.row_key (source, row);

create table selaras.reference (                  -- what a key looked up when it was last computed
  projection text not null,
  lookup     text not null,
  key        text not null,
  refers_to  text not null,
  primary key (projection, lookup, key)
);
create index reference_refers_to on selaras.reference (projection, lookup, refers_to);

create table selaras.group_row (                  -- rows of projections that have no table in the new database
  projection text  not null,
  key        text  not null,
  content    jsonb not null,
  primary key (projection, key)
);

create table selaras.claim (
  projection text not null,
  column_name text not null,
  value      text not null,
  key        text not null,
  rank       text collate "C" not null,
  primary key (projection, column_name, value, key)
);
create index claim_key on selaras.claim (projection, key);

create table selaras.touched (
  id         bigint generated always as identity primary key,
  projection text   not null,
  keys       jsonb  not null,
  at         timestamptz not null default now()
);

create table selaras.undecodable (
  topic     text        not null,
  partition integer     not null,
  "offset"  bigint      not null,
  reason    text        not null,
  key       bytea,                                 -- may hold personal data: the applier's role alone may read it
  value     bytea,
  stored_at timestamptz not null default now(),
  resolved_at timestamptz,
  primary key (topic, partition, "offset")
);

create table selaras.heartbeat (
  id         integer     primary key check (id = 1),
  beat_ms    bigint      not null,
  applied_at timestamptz not null default now()
);

create table selaras.authority (
  projection text    primary key,
  slice      text    not null default 'all',
  side       text    not null default 'legacy' check (side in ('legacy', 'new')),
  epoch      integer not null default 1
);

create table selaras.version (
  id         integer     primary key default 1 check (id = 1),
  mapping    text        not null,
  reference  text        not null,
  since      timestamptz not null default now(),
  recomputed boolean     not null default false     -- every key has been computed under these versions
);

create table selaras.worker (
  name       text        primary key,
  host       text        not null,
  pid        integer     not null,
  state      text        not null,
  started_at timestamptz not null default now(),
  seen_at    timestamptz not null default now(),
  events     bigint      not null default 0,
  rows_written bigint    not null default 0
);

create table selaras.load (
  id          text        primary key,             -- id of the signal
  table_name  text        not null,
  condition   text,
  floor       bigint      not null,                -- LSN before the signal: what the load did not bring lies below it
  state       text        not null default 'open' check (state in ('open', 'done', 'given up')),
  started_at  timestamptz not null default now(),
  finished_at timestamptz,
  left_over   bigint
);
create unique index load_one_open on selaras.load (table_name) where state = 'open';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in (
        "load",
        "worker",
        "version",
        "authority",
        "heartbeat",
        "undecodable",
        "touched",
        "claim",
        "group_row",
        "reference",
        "row_key",
        "key_state",
        "truncation",
        "mirror_table",
        "position",
        "capture",
    ):
        op.execute(f"drop table selaras.{table}")
