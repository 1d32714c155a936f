"""What keys were: an entry where a key's outcome, its reasons or its row changed."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
create table selaras.outcome_history (            -- no values but masked ones, as in key_state
  projection      text        not null,
  key             text        collate "C" not null,
  id              bigint      generated always as identity,
  at              timestamptz not null default now(),
  was             text,                           -- the outcome before, where it is known
  outcome         text        not null check (outcome in ('row', 'absent', 'waiting', 'quarantined')),
  faults          jsonb       not null default '[]',
  findings        jsonb       not null default '[]',
  wait_projection text,
  wait_key        text,
  columns         text[]      not null default '{}', -- of the row that was there, those that changed
  generation      integer,                        -- newest legacy change of the batch; null: no batch brought it
  commit          bigint,
  record          bigint,
  committed_ms    bigint,
  is_gone         boolean     not null default false, -- the key ended here and has not come back
  primary key (projection, key, id)
);
create index outcome_history_at on selaras.outcome_history using brin (at);  -- entries come in order of time
create index outcome_history_gone on selaras.outcome_history (projection, key) where is_gone;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("drop table selaras.outcome_history")
