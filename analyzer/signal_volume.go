package analyzer

import (
	"fmt"
	"time"
)

// The volume signals count mails and recipients together: the larger of the doublings of
// mails, and of recipients less two, for a mail to four is not a burst.
func volume(v *view, words string, d time.Duration) reading {
	mails, rcpts, _ := v.state.window(v.now, d)
	mails++
	rcpts += v.o.Recipients
	level := max(bucket(mails), bucket(rcpts)-2)
	return reading{
		ok: true, level: level,
		observed: fmt.Sprintf("%d mails to %d recipients in %s", mails, rcpts, words),
		often:    level,
		text: fmt.Sprintf("%s to %s within %s", count(mails, "mail", "mails"),
			count(rcpts, "recipient", "recipients"), words),
	}
}

func volume10(v *view) reading { return volume(v, "10 minutes", 10*time.Minute) }

func volumeHour(v *view) reading { return volume(v, "an hour", time.Hour) }

func volumeDay(v *view) reading { return volume(v, "24 hours", 24*time.Hour) }
