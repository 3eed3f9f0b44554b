/** The target of mails. Mails are independent: one that fails does not delay the others. */
export const MAIL = "mail";

const HEADS = `
  SELECT target, seq, due FROM _outbox AS message
  WHERE target = '${MAIL}'
    OR NOT EXISTS (SELECT 1 FROM _outbox AS before WHERE before.target = message.target AND before.seq < message.seq)`;

/**
 * The messages that can be sent next: all mails, and the oldest message to each object, so that messages arrive in order. Triggers
 * maintain the table, because a search in `_outbox` would read all pending messages, and because earlier versions of this package
 * write to `_outbox` too. Each run of the schema fills the table again.
 */
export const outboxHeadsSchema = `
  CREATE TABLE IF NOT EXISTS _outbox_heads (
    target TEXT NOT NULL,
    seq INTEGER NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (target, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS _outbox_heads_due ON _outbox_heads (due, target, seq);
  CREATE TRIGGER IF NOT EXISTS _outbox_heads_insert AFTER INSERT ON _outbox
  WHEN NEW.target = '${MAIL}'
    OR NOT EXISTS (SELECT 1 FROM _outbox WHERE target = NEW.target AND seq < NEW.seq)
  BEGIN
    INSERT OR REPLACE INTO _outbox_heads (target, seq, due) VALUES (NEW.target, NEW.seq, NEW.due);
  END;
  CREATE TRIGGER IF NOT EXISTS _outbox_heads_update AFTER UPDATE OF due ON _outbox BEGIN
    UPDATE _outbox_heads SET due = NEW.due WHERE target = NEW.target AND seq = NEW.seq;
  END;
  CREATE TRIGGER IF NOT EXISTS _outbox_heads_delete AFTER DELETE ON _outbox BEGIN
    DELETE FROM _outbox_heads WHERE target = OLD.target AND seq = OLD.seq;
    INSERT OR IGNORE INTO _outbox_heads (target, seq, due)
    SELECT target, seq, due FROM _outbox WHERE target = OLD.target AND OLD.target != '${MAIL}' ORDER BY seq LIMIT 1;
  END;
  DELETE FROM _outbox_heads;
  INSERT INTO _outbox_heads (target, seq, due) ${HEADS}`;
