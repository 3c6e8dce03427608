package replay

import "time"

// dueList is a heap of deadlines, ties broken by record so that runs repeat exactly.
type dueList []dueMail

type dueMail struct {
	at   time.Time
	id   int64
	held bool
}

func (d dueList) Len() int { return len(d) }
func (d dueList) Less(i, j int) bool {
	if !d[i].at.Equal(d[j].at) {
		return d[i].at.Before(d[j].at)
	}
	return d[i].id < d[j].id
}
func (d dueList) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *dueList) Push(x any)   { *d = append(*d, x.(dueMail)) }
func (d *dueList) Pop() any {
	old := *d
	x := old[len(old)-1]
	*d = old[:len(old)-1]
	return x
}
