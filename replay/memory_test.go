package replay

import (
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/memorytest"
)

func TestMemoryContract(t *testing.T) {
	memorytest.Run(t, func(*testing.T) *memorytest.Subject {
		m := NewMemory()
		return &memorytest.Subject{
			Memory:   m,
			Release:  func(id int64) error { m.Teach(id, 1); return nil },
			EndDelay: func(id int64) error { m.EndDelay(id); return nil },
			Dismiss:  func(sender string, at time.Time) error { m.Dismiss(sender, at); return nil },
			Confirm:  func(sender string, at time.Time) error { m.Confirm(sender, at); return nil },
			Restart:  func() analyzer.Memory { return m }, // it lives as long as the process
		}
	})
}
