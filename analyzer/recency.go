package analyzer

import "container/list"

// recency is a map that knows the order in which its values were last used, so that what
// was not used for longest can go without looking at the rest. It is not safe for
// concurrent use.
type recency[K comparable, V any] struct {
	order list.List // of *used[K, V], the latest first
	at    map[K]*list.Element
}

type used[K comparable, V any] struct {
	key   K
	value V
}

func newRecency[K comparable, V any]() *recency[K, V] {
	return &recency[K, V]{at: make(map[K]*list.Element)}
}

func (r *recency[K, V]) len() int { return len(r.at) }

// get returns the value of a key, which is used thereby.
func (r *recency[K, V]) get(k K) (v V, ok bool) {
	e := r.at[k]
	if e == nil {
		return v, false
	}
	r.order.MoveToFront(e)
	return e.Value.(*used[K, V]).value, true
}

// peek is get without use.
func (r *recency[K, V]) peek(k K) (v V, ok bool) {
	if e := r.at[k]; e != nil {
		return e.Value.(*used[K, V]).value, true
	}
	return v, false
}

// put sets the value of a key, which is used thereby.
func (r *recency[K, V]) put(k K, v V) {
	if e := r.at[k]; e != nil {
		e.Value.(*used[K, V]).value = v
		r.order.MoveToFront(e)
		return
	}
	r.at[k] = r.order.PushFront(&used[K, V]{k, v})
}

// drop forgets a key.
func (r *recency[K, V]) drop(k K) {
	if e := r.at[k]; e != nil {
		r.order.Remove(e)
		delete(r.at, k)
	}
}

// oldest calls each for every key, the one not used for longest first, until it returns
// false. It may drop the key that it is called for.
func (r *recency[K, V]) oldest(each func(K, V) bool) {
	for e := r.order.Back(); e != nil; {
		before := e.Prev()
		if u := e.Value.(*used[K, V]); !each(u.key, u.value) {
			return
		}
		e = before
	}
}
