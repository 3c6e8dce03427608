package quarantine

import (
	"context"
	"errors"
	"sync"

	"hisseki/postfix"
)

// searches is how many mails are looked for at once: to be sure that there is no file,
// postcat tries for a second.
const searches = 16

// search looks for the files of tasks' mails that a listing did not show. It returns the
// queue by hold, "" for none; mail that may still be on its way into the queue, and mail
// whose search failed, is not in it.
func (a *Agent) search(ctx context.Context, tasks []Task, listed map[string]Queued) (
	map[int64]string, error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var errs []error
	queues := make(map[int64]string)
	room := make(chan struct{}, searches)
	for _, t := range tasks {
		if locate(t, listed) != "" || a.arriving(t) {
			continue
		}
		_, reused := listed[t.QueueID]
		if reused || !postfix.ValidID(t.QueueID) {
			mu.Lock()
			queues[t.Hold] = ""
			mu.Unlock()
			continue
		}
		room <- struct{}{}
		wg.Go(func() {
			queue, err := a.MTA.Where(ctx, t.QueueID)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			} else {
				queues[t.Hold] = queue
			}
			<-room
		})
	}
	wg.Wait()
	return queues, errors.Join(errs...)
}

// arriving says whether Postfix may still be taking a mail in. A mail that it was asked
// about had been seen in the queue.
func (a *Agent) arriving(t Task) bool {
	return t.Error != ErrAsked.Error() && a.since(t) < settle
}
