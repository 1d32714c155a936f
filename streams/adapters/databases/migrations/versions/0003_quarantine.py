"""What people accepted of the keys that wait or are refused, and how many such keys there were hour by hour."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
create table selaras.waiver (                     -- never deleted: one that ends says when and by whom
  id           bigint      generated always as identity primary key,
  projection   text        not null,
  key          text        not null,
  causes       text[]      not null,              -- accepted is the key in this state; another refusal is not
  until        date        not null,              -- the last day, UTC
  why          text        not null,
  accepted_by  text        not null,
  accepted_at  timestamptz not null default now(),
  withdrawn_by text,
  withdrawn_at timestamptz
);
create unique index waiver_one_a_key on selaras.waiver (projection, key) where withdrawn_at is null;

create table selaras.key_count (
  hour   timestamptz primary key,
  at     timestamptz not null default now(),      -- of the first count in that hour, which is kept
  counts jsonb       not null                     -- {projection: {outcome: {"open": n, "accepted": n}}}; absent is 0
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in ("key_count", "waiver"):
        op.execute(f"drop table selaras.{table}")
