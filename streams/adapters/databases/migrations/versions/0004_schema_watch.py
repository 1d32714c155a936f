"""The legacy tables as the mirror follows them, and columns whose values the mirror lacks."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
create table selaras.legacy_column (      -- as the mirror follows them; filled at the first start
  table_name  text not null,
  column_name text not null,
  type        text not null,              -- as the legacy database writes it
  primary key (table_name, column_name)
);

create table selaras.lacking_column (     -- the mirror does not hold what the legacy database does
  table_name  text        not null,
  column_name text        not null,
  is_gone     boolean     not null,       -- false: it is there, but the table has not been read since
  since       timestamptz not null default now(),
  primary key (table_name, column_name)
);

create table selaras.mirror_shape (       -- grows with every extension of the mirror: who applies reads it first
  id    integer primary key default 1 check (id = 1),
  shape integer not null default 0
);
insert into selaras.mirror_shape default values;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in ("mirror_shape", "lacking_column", "legacy_column"):
        op.execute(f"drop table selaras.{table}")
