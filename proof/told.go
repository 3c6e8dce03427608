package proof

import "slices"

// Newer says whether an event is the newest of its account that a hook is told, or that one
// again: an older one that the store brings once more is not told. Only signed events count,
// whose numbers nobody can choose.
func (r *Record) Newer(hook, sender string, n int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return n >= r.told[hook+"\n"+sender].N
}

// Tell notes that a hook is about to be told a signed event.
func (r *Record) Tell(hook, sender string, n int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := hook + "\n" + sender
	if r.told[key].N == n || len(r.told) >= maxTold {
		return r.broken
	}
	return r.write(entry{Told: &Told{hook, sender, n}})
}

// Logins returns the login names under which an account's mail was seen on hold, with those that
// are new. It keeps what it learns.
func (r *Record) Logins(sender string, seen ...string) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := slices.Clone(r.logins[sender])
	known := len(names)
	for _, name := range seen {
		if !slices.Contains(names, name) && len(names) < maxOf {
			names = append(names, name)
		}
	}
	if len(names) == known || known == 0 && len(r.logins) >= maxLogins {
		return names, r.broken
	}
	return names, r.write(entry{Logins: &logins{sender, names}})
}
