package drill

import (
	"testing"

	"hisseki/analyzer"
	"hisseki/analyzer/memorytest"
	"hisseki/replay"
)

// TestMemoryContract: a drill's memory is one like others, over a past without mail. Nobody
// reviews a drill, and it ends with its process.
func TestMemoryContract(t *testing.T) {
	memorytest.Run(t, func(*testing.T) *memorytest.Subject {
		m := &copied{Memory: replay.NewMemory()}
		return &memorytest.Subject{
			Memory:   m,
			EndDelay: func(id int64) error { m.endDelay(id); return nil },
			Restart:  func() analyzer.Memory { return m },
		}
	})
}
