package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"hisseki/analyzer"
)

// thresholdsKey names the calibrated thresholds among the settings.
const thresholdsKey = "thresholds"

// Thresholds returns what calibration set; zero fields, or all, follow history.
func (db *DB) Thresholds(ctx context.Context) (t analyzer.Thresholds, err error) {
	data, ok, err := db.setting(ctx, thresholdsKey)
	if err != nil || !ok {
		return t, err
	}
	if err := json.Unmarshal(data, &t); err != nil {
		return t, fmt.Errorf("read calibrated thresholds: %w: set them again", err)
	}
	return t, nil
}

// SetThresholds keeps calibrated thresholds and notes them in the audit log. The zero
// value removes them: history decides again.
func (db *DB) SetThresholds(ctx context.Context, t analyzer.Thresholds, by, reason string) error {
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("keep thresholds: %w", err)
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		set := "follow history"
		_, err := tx.Exec(`DELETE FROM setting WHERE key = ?`, thresholdsKey)
		if t != (analyzer.Thresholds{}) && err == nil {
			set = fmt.Sprintf("hold %.2f, sum %.2f, delay %.2f", t.Hold, t.Sum, t.Delay)
			_, err = tx.Exec(`INSERT INTO setting (key, value) VALUES (?, ?)`, thresholdsKey, data)
		}
		if err != nil {
			return err
		}
		if reason != "" {
			set += ": " + reason
		}
		return db.audit(tx, db.now(), by, "calibrate", thresholdsKey, set)
	})
	if err != nil {
		return fmt.Errorf("keep thresholds: %w", err)
	}
	return nil
}
