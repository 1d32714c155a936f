"""How far a recompute has come, so that one that was killed goes on; what a worker could not keep together."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
create table selaras.recompute (
  step        text        primary key,            -- projection; projection.source where keys are derived; * is all
  mapping     text        not null,
  reference   text        not null,
  after_key   text,                               -- the last key or row that is done
  keys_done   bigint      not null default 0,
  came_to     jsonb       not null default '{}',  -- {counts, written, deleted}, each by name
  begun       xid8        not null default pg_current_xact_id(),
  started_at  timestamptz not null default now(),
  changed_at  timestamptz not null default now(),
  finished_at timestamptz
);

create table selaras.recompute_id (               -- of rows that some key gives; not unlogged: a crash would empty it,
  projection text not null,                       -- and whatever is not in it is taken for left over
  id         text not null,
  primary key (projection, id)
);

alter table selaras.worker add column transient bigint not null default 0;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("alter table selaras.worker drop column transient")
    for table in ("recompute_id", "recompute"):
        op.execute(f"drop table selaras.{table}")
