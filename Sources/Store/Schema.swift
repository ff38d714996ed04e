internal import GRDB

/// The tables, as a list of steps that each store goes through once. A step that has been released never changes.
///
/// Rule: one number a sample or a frame, never a time; the only wall clock is `startedAt` and the audit's, in milliseconds since 1970.
/// Rule: rows of alerts, judgements and audit entries are only ever appended, and triggers hold the program itself to it.
enum Schema {
    /// `FLST`: says whose SQLite file it is.
    static let applicationID: Int32 = 0x464C_5354

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 calls") { db in
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(
                sql: """
                    CREATE TABLE call (
                        id TEXT NOT NULL PRIMARY KEY,
                        startedAt INTEGER NOT NULL,
                        consent TEXT NOT NULL,
                        device TEXT,
                        build TEXT NOT NULL,
                        modelName TEXT NOT NULL,
                        modelIdentity TEXT NOT NULL,
                        kernel TEXT NOT NULL,
                        policyName TEXT NOT NULL,
                        policy TEXT NOT NULL,
                        salt BLOB NOT NULL,
                        state TEXT NOT NULL CHECK (state IN ('open', 'ended', 'interrupted')),
                        audioSalt BLOB
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE leg (
                        call TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
                        leg INTEGER NOT NULL,
                        name TEXT NOT NULL,
                        isOnlyChannel INTEGER NOT NULL,
                        sampleCount INTEGER NOT NULL,
                        outcome TEXT,
                        result TEXT,
                        PRIMARY KEY (call, leg)
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE track (
                        call TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
                        leg INTEGER NOT NULL,
                        firstHop INTEGER NOT NULL,
                        hopCount INTEGER NOT NULL,
                        data BLOB NOT NULL,
                        PRIMARY KEY (call, leg, firstHop)
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE mark (
                        call TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
                        leg INTEGER NOT NULL,
                        number INTEGER NOT NULL,
                        kind TEXT NOT NULL,
                        hop INTEGER NOT NULL,
                        startSample INTEGER NOT NULL,
                        sampleCount INTEGER NOT NULL,
                        startFrame INTEGER,
                        frameCount INTEGER,
                        sampleRate INTEGER,
                        PRIMARY KEY (call, leg, number)
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE alert (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        call TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
                        leg INTEGER NOT NULL,
                        hop INTEGER NOT NULL,
                        kind TEXT NOT NULL,
                        event TEXT NOT NULL UNIQUE,
                        record TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX alertOfCall ON alert (call, leg, id);
                    CREATE TRIGGER alertStays BEFORE UPDATE ON alert BEGIN SELECT RAISE(ABORT, 'alerts are only appended'); END;

                    CREATE TABLE judgement (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        call TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
                        verdict TEXT NOT NULL CHECK (verdict IN ('human', 'synthetic', 'disclosed', 'unsure')),
                        judge TEXT NOT NULL,
                        sawScore INTEGER NOT NULL,
                        judgedAt INTEGER NOT NULL
                    ) STRICT;
                    CREATE INDEX judgementOfCall ON judgement (call, id);
                    CREATE TRIGGER judgementStays BEFORE UPDATE ON judgement BEGIN SELECT RAISE(ABORT, 'judgements are only appended'); END;

                    CREATE TABLE outbox (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        event TEXT NOT NULL,
                        sink TEXT NOT NULL,
                        call TEXT NOT NULL,
                        payload TEXT NOT NULL,
                        attempts INTEGER NOT NULL DEFAULT 0,
                        notBefore INTEGER NOT NULL DEFAULT 0,
                        UNIQUE (event, sink)
                    ) STRICT;
                    CREATE INDEX outboxOfSink ON outbox (sink, id);

                    CREATE TABLE audit (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        at INTEGER NOT NULL,
                        kind TEXT NOT NULL,
                        call TEXT NOT NULL,
                        item INTEGER NOT NULL,
                        detail TEXT NOT NULL,
                        subject BLOB NOT NULL,
                        digest BLOB NOT NULL
                    ) STRICT;
                    CREATE INDEX auditOfCall ON audit (call, number);
                    CREATE TRIGGER auditStays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit chain is only appended'); END;
                    CREATE TRIGGER auditIsKept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit chain is only appended'); END;

                    CREATE TABLE memory (key TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("2 people") { db in
            try db.execute(
                sql: """
                    ALTER TABLE judgement ADD COLUMN note TEXT;

                    CREATE TABLE account (
                        name TEXT NOT NULL PRIMARY KEY,
                        role TEXT NOT NULL CHECK (role IN ('viewer', 'reviewer', 'admin')),
                        secret TEXT NOT NULL,
                        madeAt INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE release (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        kind TEXT NOT NULL CHECK (kind IN ('reviewer', 'day')),
                        unit TEXT NOT NULL,
                        upTo INTEGER NOT NULL,
                        releasedBy TEXT NOT NULL,
                        releasedAt INTEGER NOT NULL
                    ) STRICT;
                    CREATE TRIGGER releaseStays BEFORE UPDATE ON release BEGIN SELECT RAISE(ABORT, 'releases are only appended'); END;

                    CREATE INDEX callByTime ON call (startedAt DESC, id);
                    """)
        }
        migrator.registerMigration("3 known voices") { db in
            try db.execute(
                sql: """
                    CREATE TABLE allowed (
                        kind TEXT NOT NULL CHECK (kind IN ('line', 'caller')),
                        key TEXT NOT NULL,
                        note TEXT NOT NULL,
                        addedBy TEXT,
                        addedAt INTEGER NOT NULL,
                        PRIMARY KEY (kind, key)
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE session (
                        digest TEXT NOT NULL PRIMARY KEY,
                        account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
                        beganAt INTEGER NOT NULL,
                        usedAt INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("4 retention") { db in
            try db.execute(sql: "CREATE INDEX callWithSound ON call (startedAt) WHERE audioSalt IS NOT NULL")
        }
        return migrator
    }
}
