package store

import (
	"database/sql"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// driver is SQLite as we open it: whoever can write to the file, or could once, is believed
// as little as possible by a process that has more rights.
const driver = "hisseki-sqlite3"

// maxValue is the longest value and the longest row that is read or written, in bytes. What
// we write is far below it: a profile has some hundred KB, a list of ids some MB.
const maxValue = 16 << 20

// distrust is run on every connection.
var distrust = []string{
	// What a planted view, trigger or index would call must be harmless.
	`PRAGMA trusted_schema = OFF`,
	// A page that lies about its cells is damage, not memory to read.
	`PRAGMA cell_size_check = ON`,
	// Sorters and VACUUM would leave addresses in files that secure_delete does not reach.
	`PRAGMA temp_store = MEMORY`,
}

func init() {
	sql.Register(driver, &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		c.SetLimit(sqlite3.SQLITE_LIMIT_LENGTH, maxValue)
		c.SetLimit(sqlite3.SQLITE_LIMIT_ATTACHED, 1) // VACUUM INTO attaches its copy
		c.SetLimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 8)
		for _, pragma := range distrust {
			if _, err := c.Exec(pragma, nil); err != nil {
				return fmt.Errorf("%s: %w", pragma, err)
			}
		}
		return nil
	}})
}
